/** An answer's Markdown as HTML. The text is the model's or the repository's, so it is untrusted: no raw HTML, images or links. */

import MarkdownIt from "markdown-it";

/** HTML that holds only formatting tags with no attributes but a code block's `class`. Links and images become their text. */
export function renderAnswer(markdown: string): string {
  return createRenderer().render(markdown);
}

function createRenderer(): ReturnType<typeof MarkdownIt> {
  const renderer = new MarkdownIt("commonmark", { html: false, breaks: false });
  renderer.enable("table");
  // Every place in an answer is also one of its sources; those are the links, checked against the index.
  renderer.disable(["image", "autolink"]);
  renderer.renderer.rules["link_open"] = () => "";
  renderer.renderer.rules["link_close"] = () => "";
  return renderer;
}
