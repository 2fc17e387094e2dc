/**
 * HTML of strangers, made anew of what is harmless: no attribute of theirs is taken over but addresses of links.
 * The text is parsed into a document that runs and loads nothing.
 */
const KEPT = new Set(
  "p br hr b strong i em u s del ins mark small sub sup q cite abbr code kbd samp var pre blockquote ul ol li dl dt dd table caption thead tbody tfoot tr th td figure figcaption h1 h2 h3 h4 h5 h6".split(" "),
);
/** Gone with all that is in them. */
const DROPPED = new Set(
  "script style template noscript noembed noframes iframe frame frameset object embed applet svg math form button input select option textarea audio video canvas map head title base link meta".split(" "),
);
const DEEPEST = 100;
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** An address that may be followed, or null: `javascript:`, `data:`, relative ones. */
export function safeUrl(text: string | null | undefined): string | null {
  try {
    const url = new URL(text ?? "");
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** `html` as nodes of this document. Headings are paragraphs in bold: the page has its own; pictures are links to them. */
export function foreignNodes(html: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const made = document.createDocumentFragment();
  copy(parsed.body, made, 0);
  return made;
}

function copy(from: Node, to: Node, depth: number): void {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      to.appendChild(document.createTextNode(node.nodeValue ?? ""));
    } else if (node.nodeType === Node.ELEMENT_NODE && depth < DEEPEST) {
      element(node as Element, to, depth + 1);
    }
  }
}

function element(from: Element, to: Node, depth: number): void {
  const name = from.localName;
  if (DROPPED.has(name)) {
    return;
  }
  if (name === "a" || name === "img") {
    const url = safeUrl(from.getAttribute(name === "a" ? "href" : "src"));
    const made = url ? link(url) : to;
    if (name === "a") {
      copy(from, made, depth);
    } else {
      // Pictures of other servers are not loaded: that would tell them who reads what, and when.
      made.appendChild(document.createTextNode(from.getAttribute("alt")?.trim() || (url ? new URL(url).hostname : "")));
    }
    if (made !== to) {
      to.appendChild(made);
    }
    return;
  }
  if (!KEPT.has(name)) {
    copy(from, to, depth);
    return;
  }
  const heading = /^h[1-6]$/.test(name);
  const made = document.createElement(heading ? "p" : name);
  if (heading) {
    made.className = "heading";
  }
  copy(from, made, depth);
  to.appendChild(made);
}

function link(url: string): HTMLAnchorElement {
  const made = document.createElement("a");
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer nofollow";
  return made;
}

/** The text of `html` in one line. */
export function foreignText(html: string): string {
  return (foreignNodes(html.replace(/<(?=\/?(?:p|br|li|div|h[1-6])\b)/gi, " <")).textContent ?? "").replace(/\s+/g, " ").trim();
}
