/* Parts of the explorables that ask first: the guess, two masks as a picture, a line of numbers. */
Object.assign(explorables, (() => {
  "use strict";
  const { h, svg, html, place, show, button, buttons, explorable } = explorables;

  /** What explorables.yml gives the figure; nothing on another page. */
  const given = (id) => JSON.parse(document.getElementById(id)?.dataset.given || "{}");

  /** Rows of text as one list of numbers; what is no digit is 1 if it is #. */
  const cells = (rows) => [...rows.join("")].map((c) => Number(/\d/.test(c) ? c : c === "#"));

  /** Move the labels of each chart that lie on one another: up in its lower half, else down. */
  const apart = (root) => {
    for (const chart of root.querySelectorAll("svg.chart")) {
      const height = (text) => Number(text.getAttribute("y"));
      const labels = [...chart.querySelectorAll(".halo")].sort((a, b) => height(a) - height(b));
      const up = labels.length > 0 && height(labels[0]) > 100;
      (up ? labels.reverse() : labels).forEach((label, k) => {
        for (const other of labels.slice(0, k)) {
          const [a, b] = [label.getBBox(), other.getBBox()];
          const beside = a.x >= b.x + b.width || b.x >= a.x + a.width;
          if (beside || a.y >= b.y + b.height || b.y >= a.y + a.height) continue;
          label.setAttribute("y", height(label) + (up ? b.y - a.y - a.height : b.y + b.height - a.y));
        }
      });
    }
  };

  /**
   * An explorable with a question: what has the class `after` stays hidden until one of the
   * `options` is pressed. `reason` is markup, shown with the judgement.
   */
  const asking = (id, { question, options, answer, reason, start, valid, build }) => explorable(id, {
    start: { guess: "none", ...start },
    valid: (state) => (state.guess === "none" || state.guess in options) && valid(state),

    build(body, set) {
      const guesses = Object.entries(options).map(([guess, words]) =>
        button(words, () => set({ guess }), { "data-guess": guess }));
      body.append(
        h("div", {}, h("p", { class: "subhead" }, question), buttons(question, ...guesses)),
        html(`<p class="before"><strong>Guess first: press one of the answers.</strong> The numbers come with it.</p>`),
        html(`<p class="verdict after"><strong>${place("judged")}</strong> ${reason}</p>`));
      const paint = build(body, set);
      return (state) => {
        const asked = state.guess === "none";
        for (const node of guesses) node.setAttribute("aria-pressed", String(node.dataset.guess === state.guess));
        for (const node of body.querySelectorAll(".after")) node.toggleAttribute("hidden", asked);
        for (const node of body.querySelectorAll(".before")) node.toggleAttribute("hidden", !asked);
        const words = paint(state);
        const judged = state.guess === answer ? "Right." : "Not so.";
        show(body, { judged: asked ? "" : judged });
        body.querySelector(".verdict").classList.toggle("wrong", judged !== "Right.");
        apart(body);
        return asked ? "Guess first." : `${judged} ${words}`;
      };
    },
  });

  // Two masks on one grid, to look at.

  const KINDS = [["neither", ""], ["target only", "target"], ["prediction only", "prediction"], ["overlap", "both"]];
  const legend = () => html(`<p class="legend">${KINDS.slice(1).map(([words, kind]) =>
    `<span><i class="swatch ${kind}"></i>${words}</span>`).join("")}</p>`);

  /** A picture of many pixels: `draw(looks)` takes a class and a style for each. */
  const mosaic = (label, columns) => {
    const node = h("div", { class: "pixels still", role: "img", "aria-label": label });
    node.style.setProperty("--columns", columns);
    const draw = (looks) => {
      while (node.children.length < looks.length) node.append(h("i"));
      looks.forEach(({ kind = "", css = "", text = "" }, i) => {
        node.children[i].className = `pixel ${kind}`;
        node.children[i].style.cssText = css;
        node.children[i].textContent = text;
      });
    };
    const masks = (p, g, css = () => "") => draw(g.map((v, i) => ({ kind: KINDS[v + 2 * p[i]][1], css: css(i) })));
    return { node, draw, masks };
  };

  /** Two columns, the right one for what comes after the guess. */
  const columns = (body, left, right) => {
    body.append(html(`<div class="two"><div class="left"></div><div class="right"></div></div>`));
    body.querySelector(".left").append(...left);
    body.querySelector(".right").append(...right);
  };

  const dot = (graph, value, score, kind) => {
    const [cx, cy] = graph.at(value, score);
    return svg("circle", { cx, cy, r: 5.5, class: `dot ${kind}` });
  };
  const name = (graph, value, score, words, anchor = "end", dy = -8) => {
    const [x, y] = graph.at(value, score);
    return svg("text", { x, y: y + dy, "text-anchor": anchor, class: "halo" }, words);
  };

  /** Numbers with names, one a line: [key, words, class of a swatch]. */
  const lines = (rows) => html(`<dl class="sums after">${rows.map(([key, words, kind]) =>
    `<div><dt>${kind ? `<i class="swatch ${kind}"></i>` : ""}${words}</dt><dd>${place(key)}</dd></div>`).join("")}</dl>`);

  const whole = (low, high) => (text) => /^-?\d{1,3}$/.test(text) && Number(text) >= low && Number(text) <= high;
  /** The k-th smallest numbers between which a percentile lies, as NumPy has it. */
  const percentile = (values, share) => {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share / 100) * (sorted.length - 1);
    const low = Math.floor(at);
    return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
  };

  return { given, cells, asking, legend, mosaic, columns, dot, name, lines, whole, percentile };
})());
