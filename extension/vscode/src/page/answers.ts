/** The answer page: displays what the extension sends, and reports what the user does. */

import type { FromPage, ShownExchange, ToPage } from "../exchange";

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const extension = acquireVsCodeApi();
const list = byId("exchanges");
const hint = byId("hint");
const form = byId("ask");
const input = byId("question") as HTMLTextAreaElement;

window.addEventListener("message", (event: MessageEvent<ToPage>) => {
  if (event.data.type !== "show") return;
  hint.hidden = true;
  draw(event.data.exchange);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
extension.postMessage({ type: "ready" });

function submit(): void {
  const question = input.value.trim();
  if (!question) return;
  input.value = "";
  extension.postMessage({ type: "ask", question });
}

function draw(exchange: ShownExchange): void {
  const id = `exchange-${exchange.id}`;
  const article = element("article", exchange.state);
  article.id = id;
  const question = element("h2", "question", exchange.question);
  if (exchange.about) question.append(" ", element("code", "about", exchange.about));
  const answer = element("div", "answer");
  // Safe: comes from renderAnswer, which lets no HTML, link or image of the text through.
  answer.innerHTML = exchange.html;
  article.append(question, answer, ...notes(exchange), readings(exchange), sources(exchange), foot(exchange));
  const before = document.getElementById(id);
  if (before) before.replaceWith(article);
  else list.append(article);
  if (!before || exchange.state !== "answered") article.scrollIntoView({ block: before ? "end" : "start" });
}

function notes(exchange: ShownExchange): HTMLElement[] {
  if (exchange.state === "waiting") return [element("p", "note working", "Thinking")];
  if (exchange.state === "cancelled") return [element("p", "note", "Canceled.")];
  if (exchange.error !== null) return [element("p", "note error", exchange.error)];
  return [];
}

/** A button for each way in which the question may be meant. */
function readings(exchange: ShownExchange): HTMLElement {
  const bar = element("p", "readings");
  for (const { text, question } of exchange.readings) {
    const button = element("button", "action", text);
    button.title = question;
    button.addEventListener("click", () => extension.postMessage({ type: "ask", question }));
    bar.append(button);
  }
  return bar;
}

function sources(exchange: ShownExchange): HTMLElement {
  const items = element("ul", "sources");
  exchange.sources.forEach((source, index) => {
    const link = element("button", "source");
    link.append(element("span", "symbol", source.title), element("span", "place", source.label));
    link.title = `Open ${source.label}`;
    link.addEventListener("click", () => extension.postMessage({ type: "open", id: exchange.id, source: index }));
    const item = element("li");
    item.append(link);
    items.append(item);
  });
  return items;
}

function foot(exchange: ShownExchange): HTMLElement {
  const bar = element("footer");
  if (exchange.line) bar.append(element("span", "provenance", exchange.line));
  if (exchange.state === "waiting" || exchange.state === "answering") bar.append(action("cancel", "Cancel", exchange.id));
  if (exchange.canRefresh) bar.append(action("refresh", "Ask again", exchange.id));
  if (exchange.flagged) bar.append(element("span", "provenance", "Marked as wrong; it will not be used again."));
  else if (exchange.canFlag) bar.append(action("wrong", "Wrong", exchange.id));
  return bar;
}

function action(type: "cancel" | "wrong" | "refresh", text: string, id: number): HTMLElement {
  const button = element("button", `action ${type}`, text);
  button.addEventListener("click", () => extension.postMessage({ type, id }));
  return button;
}

function element(tag: string, className = "", text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}
