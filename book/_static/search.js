/* Results that read well: sections first, names for glossary entries, excerpts of whole words. */
"use strict";

(() => {
  const LENGTH = 240;
  const BEFORE = 100;
  const MOST = 20; // results: each asks for its page

  // Pages opened as files may not read each other: the results then stand alone.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  const FOUND = "Search finished, found ${resultCount} page(s) matching the search query.";
  Documentation.TRANSLATIONS[FOUND] = "Best places for these words: ${resultCount}.";

  // The index has the entries of the glossary in lower case; their anchors know the capitals.
  const termAt = (id) => {
    const entries = Object.entries(Search._index.indexentries);
    const [entry] = entries.find(([, places]) => places.some((place) => place[1] === id)) ?? [""];
    const capital = (i) => /[A-Z]/.test(id.charAt("term-".length + i));
    return [...entry].map((c, i) => (capital(i) ? c.toUpperCase() : c)).join("");
  };

  const stemmer = new Stemmer();
  const stem = (word) => stemmer.stemWord(word.toLowerCase());
  const QUESTION = `any anyone can could did do does far from get gets got has have how i it its me
    my one same should so than too very we what when which while who why with would you your`;
  const ASKING = new Set(QUESTION.split(/\s+/).map(stem)); // words that do not say about what

  // Sphinx would mark parts of words, on the page that a result leads to, too.
  let asked = [];
  const parse = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parsed = parse(query);
    localStorage.removeItem("sphinx_highlight_terms");
    parsed[3].clear();
    const telling = [...parsed[1]].filter((word) => !ASKING.has(word));
    parsed[1] = new Set(telling.length ? telling : parsed[1]);
    asked = [...parsed[1]];
    return parsed;
  };

  // Where a word is, in text or title; and what it weighs: rare words tell most.
  const placesOf = (word) => {
    const { terms, titleterms } = Search._index;
    const found = [terms, titleterms].flatMap((of) => (Object.hasOwn(of, word) ? of[word] : []));
    return [...new Set(found)];
  };
  const weight = (word) => Math.log(Search._index.docnames.length / (1 + placesOf(word).length));
  const sum = (words) => words.reduce((total, word) => total + weight(word), 0);

  // Sphinx wants every word. Of a question, a third of what its words weigh will do; and in a long
  // section, which has many words, they say less.
  const byEveryWord = Search.performTermsSearch;
  Search.performTermsSearch = (words, excluded) => {
    if (words.size < 3 || excluded.size) return byEveryWord(words, excluded);
    const { docnames, filenames, titles, terms } = Search._index;
    const lengths = docnames.map(() => 0);
    for (const places of Object.values(terms)) for (const k of [places].flat()) lengths[k] += 1;
    const mean = lengths.reduce((a, b) => a + b) / lengths.length;
    const known = [...words].filter((word) => placesOf(word).length);
    const total = sum(known);
    const shares = new Map();
    for (const word of known) {
      const share = weight(word) / total;
      for (const k of placesOf(word)) shares.set(k, (shares.get(k) ?? 0) + share);
    }
    const enough = [...shares].filter(([, share]) => share > 1 / 3);
    return enough.map(([k, share]) => {
      const score = (10 * share) / (0.7 + (0.3 * lengths[k]) / mean);
      return [docnames[k], titles[k], "", null, score, filenames[k]];
    });
  };
  const perform = Search._performSearch;
  Search._performSearch = (...query) => perform(...query).slice(-MOST); // the best come last

  const APART = /^(Summary|Questions|Exercise|Further reading)/;

  // A section is in the index as page#section. It scores by the Dice of what is asked for and its
  // title; exercises and the like come after the text, and equals come in the order of the book.
  Scorer.score = (result) => {
    const [place, title, anchor, description, score] = result;
    const { docnames, titles } = Search._index;
    const [page, section] = place.split("#");
    const whole = titles[docnames.indexOf(page)];
    if (anchor.startsWith("#term-")) result[1] = `Glossary: ${termAt(anchor.slice(1))}`;
    if (anchor.startsWith("#term-") || description) return score;
    if (section) {
      result[0] = page;
      result[1] = `${title} <small>${whole}</small>`;
      result[2] ||= `#${section}`;
    }
    const telling = (word) => /\D/.test(word) && !ASKING.has(word) && placesOf(word).length;
    const named = [...new Set(splitQuery(title).map(stem))].filter(telling);
    const both = asked.filter((word) => named.includes(word));
    const near = (20 * sum(both)) / (sum(asked) + sum(named) || 1);
    const chapter = /^\d/.test(whole) ? parseInt(whole, 10) : 99;
    return score + near - (APART.test(title) ? 4 : section ? 0 : 1) + 0.5 / (chapter + 1);
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
    const shown = (start ? "… " : "") + whole.slice(start, end) + (cut ? " …" : "");
    for (const part of shown.split(/([\p{L}\p{N}_]+)/u)) {
      const mark = document.createElement("mark");
      mark.textContent = part;
      excerpt.append(words.has(stem(part)) ? mark : part);
    }
    return excerpt;
  };
})();
