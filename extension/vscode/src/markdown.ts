/** Renders an answer's Markdown. Its text comes from a model or a repository, so it is untrusted: no raw HTML, images or links. */

import MarkdownIt from "markdown-it";

/** Returns HTML with only formatting tags, and no attributes except a code block's `class`. Links and images become their text. */
export function renderAnswer(markdown: string): string {
  return createRenderer().render(markdown);
}

function createRenderer(): ReturnType<typeof MarkdownIt> {
  const renderer = new MarkdownIt("commonmark", { html: false, breaks: false });
  renderer.enable("table");
  // Every location in an answer is also one of its sources. Those are the links, checked against the index.
  renderer.disable(["image", "autolink"]);
  renderer.renderer.rules["link_open"] = () => "";
  renderer.renderer.rules["link_close"] = () => "";
  return renderer;
}
