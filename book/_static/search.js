/* Results that read well: names for glossary entries, excerpts without TeX or cut-off words. */
"use strict";

(() => {
  const LENGTH = 240;
  const BEFORE = 100;

  // Pages opened as files may not read each other: the results then stand alone.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  // The index has the entries of the glossary in lower case; their anchors know the capitals.
  const termAt = (id) => {
    const entries = Object.entries(Search._index.indexentries);
    const [entry] = entries.find(([, places]) => places.some((place) => place[1] === id)) ?? [""];
    const capital = (i) => /[A-Z]/.test(id.charAt("term-".length + i));
    return [...entry].map((c, i) => (capital(i) ? c.toUpperCase() : c)).join("");
  };

  Scorer.score = (result) => {
    const [, title, anchor, , score] = result;
    if (title === "Glossary" && anchor.startsWith("#term-")) {
      result[1] = `Glossary: ${termAt(anchor.slice(1))}`;
    }
    const chapter = parseInt(title, 10);
    return chapter ? score + 0.5 / chapter : score; // of equals, chapters first, in their order
  };

  // A formula in one line: fractions with a stroke, powers with a circumflex.
  const inLine = (node) => {
    const parts = () => [...node.children].map(inLine);
    const grouped = (text) => (/[\s+−·,]/.test(text) ? `(${text})` : text);
    switch (node.localName) {
      case "annotation":
        return "";
      case "mfrac":
        return parts().map(grouped).join("/");
      case "msub":
      case "munder":
        return parts().join("");
      case "msup":
        return parts().map(grouped).join("^").replace("^′", "′");
      case "mo":
        return /^[=+−<>≤≥∩∪∈·]$/.test(node.textContent) ? ` ${node.textContent} ` : node.textContent;
      case "mi": // a letter, or the name of a function
        return node.textContent.length > 1 ? ` ${node.textContent} ` : node.textContent;
      default:
        return node.children.length ? parts().join("") : node.textContent;
    }
  };

  const LEFT_OUT = "h1, :scope > :is(h2, h3, h4), .course-progress, .headerlink, .cell_input, script, style";

  const text = (node) => {
    for (const formula of node.querySelectorAll(".formula")) {
      const math = formula.querySelector("math");
      formula.replaceWith(math ? inLine(math) : "…");
    }
    for (const part of node.querySelectorAll(LEFT_OUT)) part.remove();
    for (const part of node.querySelectorAll("dt, td, th")) part.append(" ");
    return node.textContent.replace(/[\s\u2061]+/g, " ").trim();
  };

  // What a result is about: an entry of the glossary with its definition, a section, or a page.
  const subject = (page, anchor) => {
    const place = anchor && page.getElementById(decodeURIComponent(anchor.slice(1)));
    if (place?.localName !== "dt") return text(place || page.querySelector("article"));
    let definition = place;
    while (definition.localName === "dt") definition = definition.nextElementSibling;
    return text(definition);
  };

  Search.makeSearchSummary = (html, words, anchor) => {
    const whole = subject(new DOMParser().parseFromString(html, "text/html"), anchor);
    const at = [...words].map((word) => whole.toLowerCase().indexOf(word)).find((i) => i >= 0) ?? 0;
    const start = at > BEFORE ? whole.indexOf(" ", at - BEFORE) + 1 : 0;
    const cut = start + LENGTH < whole.length;
    const end = cut ? whole.lastIndexOf(" ", start + LENGTH) : whole.length;
    const excerpt = document.createElement("p");
    excerpt.className = "context";
    excerpt.textContent = (start ? "… " : "") + whole.slice(start, end) + (cut ? " …" : "");
    return excerpt;
  };
})();
