/* What the explorables share: the arithmetic of the package, and the parts they are made of. */
window.explorables = (() => {
  "use strict";

  // Arithmetic. Names, order of arguments and the guard against 0/0 are those of the package.

  const add = (values) => values.reduce((total, value) => total + value, 0);
  const divide = (above, below, empty = NaN) => (below === 0 ? empty : above / below);

  /** The three sums of a prediction and a target: masks or probabilities, one entry per pixel. */
  const overlap = (prediction, target) => ({
    intersection: add(prediction.map((p, i) => p * target[i])),
    prediction: add(prediction),
    target: add(target),
  });

  const dice = ({ intersection, prediction, target }) =>
    divide(2 * intersection, prediction + target);

  const iou = ({ intersection, prediction, target }) =>
    divide(intersection, prediction + target - intersection);

  /** The slope of soft Dice at a pixel where the target is g. */
  const diceSlope = ({ intersection, prediction, target }, g) =>
    (2 * g * (prediction + target) - 2 * intersection) / (prediction + target) ** 2;

  const accuracy = (prediction, target) =>
    add(prediction.map((p, i) => Number(p === target[i]))) / target.length;

  const softmax = (logits) => {
    const top = Math.max(...logits);
    const powers = logits.map((z) => Math.exp(z - top));
    return powers.map((power) => power / add(powers));
  };

  const oneHot = (labels, numClasses) =>
    Array.from({ length: numClasses }, (_, c) => labels.map((label) => Number(label === c)));

  // Numbers as text.

  const signed = (text) => (/^-[0.]*$/.test(text) ? text.slice(1) : text.replace("-", "−"));

  /** A number with a fixed count of decimals. */
  const fixed = (value, digits = 4) =>
    Number.isNaN(value) ? "undefined" : signed(value.toFixed(digits));

  /** A number with four significant digits; a very small or large one with a power of ten. */
  const significant = (value, digits = 4) => {
    if (Number.isNaN(value)) return "undefined";
    const size = Math.abs(value);
    if (size === 0 || (size >= 1e-3 && size < 1e6)) return signed(String(Number(value.toPrecision(digits))));
    const [mantissa, power] = value.toExponential(digits - 1).split("e");
    const raised = [...power.replace("+", "")].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
    return `${signed(mantissa.replace(/\.?0+$/, ""))}·10${raised.join("")}`;
  };

  // Elements.

  const fill = (node, attributes, children) => {
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(key, value);
      else if (value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  };
  const h = (tag, attributes = {}, ...children) =>
    fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  /** Markup as an element. What is written here never comes from the address. */
  const html = (markup) => {
    const holder = h("template");
    holder.innerHTML = markup;
    return holder.content.firstElementChild;
  };

  // Formulas: places for numbers, which `show` fills.

  const place = (key, role = "") => `<span data-show="${key}"${role && ` class="role-${role}"`}></span>`;
  const fraction = (above, below) =>
    `<span class="frac"><span>${above}</span><span class="hidden"> over </span><span>${below}</span></span>`;
  const formula = (name, middle, key, strong = false) =>
    `<div class="formula-line${strong ? " main" : ""}"><dt>${name}</dt><dd>= ${middle} = ` +
    `<output data-show="${key}" aria-live="off"></output></dd></div>`;
  const show = (root, values) => {
    for (const node of root.querySelectorAll("[data-show]")) {
      const value = values[node.dataset.show];
      if (value !== undefined && node.textContent !== String(value)) node.textContent = value;
    }
  };

  // Parts.

  const button = (label, press, attributes = {}) =>
    h("button", { type: "button", class: "btn-plain", click: press, ...attributes }, label);

  const buttons = (label, ...items) =>
    h("div", { class: "buttons", role: "group", "aria-label": label }, ...items);

  /** A slider over whole steps; `value(step)` and `step(value)` translate, `words` speaks. */
  const slider = ({ label, name, steps, value, step, words, change }) => {
    const said = h("output", { "aria-live": "off" });
    const input = h("input", {
      type: "range", min: 0, max: steps, step: 1, name, "aria-label": label,
      input: () => change(value(Number(input.value))),
    });
    const row = h("label", { class: "slider" }, h("span", {}, label), said, input);
    const draw = (now) => {
      input.value = Math.round(step(now));
      said.textContent = words(now);
      input.setAttribute("aria-valuetext", words(now));
    };
    return { node: row, draw };
  };

  /** A choice of one of a few. */
  const choice = (label, name, options, change) =>
    h("fieldset", { class: "choice" }, h("legend", {}, label), ...options.map(([value, words], i) =>
      h("label", {}, h("input", { type: "radio", name, value, checked: i === 0, change: () => change(value) }),
        h("span", {}, words))));

  /**
   * Strokes of a pointer: `go(event, first)` at each point. A finger that goes up or down scrolls
   * the page; it strokes once it goes sideways, and presses when it is lifted where it came down.
   */
  const strokes = (node, go) => {
    let down = null;
    let begun = false;
    const begin = () => {
      if (!down || begun) return;
      begun = true;
      go(down, true);
    };
    node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      node.setPointerCapture(event.pointerId);
      [down, begun] = [event, false];
      if (event.pointerType !== "touch") begin();
    });
    node.addEventListener("pointermove", (event) => {
      if (!down) return;
      const [x, y] = [event.clientX - down.clientX, event.clientY - down.clientY].map(Math.abs);
      if (!begun && x <= y) return;
      begin();
      go(event, false);
    });
    node.addEventListener("pointerup", () => {
      begin();
      down = null;
    });
    node.addEventListener("pointercancel", () => (down = null));
  };

  /**
   * Pixels to press. `press(i, first)` answers pointer, Enter and Space, `first` telling where a
   * stroke begins; `key(i, name)` tells whether it used a key. Arrows move.
   */
  const pixels = ({ label, columns, press, key }) => {
    const node = h("div", { class: "pixels", role: "group", "aria-label": label });
    node.style.setProperty("--columns", columns);
    let last = null;
    const cells = () => [...node.children];
    const index = (cell) => cells().indexOf(cell);
    const focus = (i) => {
      if (i < 0 || i >= node.children.length) return;
      cells().forEach((cell, k) => (cell.tabIndex = k === i ? 0 : -1));
      node.children[i].focus();
    };
    const under = (event) => index(document.elementFromPoint(event.clientX, event.clientY));
    strokes(node, (event, first) => {
      if (first) last = null;
      const now = under(event);
      if (now < 0 || now === last) return;
      if (last === null) focus(now);
      press(now, last === null);
      last = now;
    });
    // Enter, Space and assistive technology click without a pointer.
    node.addEventListener("click", (event) => event.detail === 0 && press(index(event.target), true));
    node.addEventListener("keydown", (event) => {
      const i = index(event.target);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
      if (move) focus(i + move);
      else if (!key(i, event.key.toLowerCase())) return;
      event.preventDefault();
    });
    /** Show the cells that `look(i)` describes: a label, a text, a class, and a style. */
    const draw = (count, look) => {
      while (node.children.length > count) node.lastChild.remove();
      while (node.children.length < count) node.append(h("button", { type: "button", tabindex: -1 }));
      if (!cells().some((cell) => cell.tabIndex === 0)) node.firstChild.tabIndex = 0;
      cells().forEach((cell, i) => {
        const { words, text = "", kind = "", css = "" } = look(i);
        cell.className = `pixel ${kind}`;
        cell.style.cssText = css;
        cell.textContent = text;
        const where = `row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}: ${words}`;
        cell.setAttribute("aria-label", where);
      });
    };
    return { node, draw };
  };

  /** Axes from 0 to 1 upward; `x` maps a value to 0…1. Gives the drawing and its coordinates. */
  const chart = ({ label, xlabel, x, ticks }) => {
    const [left, top, width, height] = [34, 12, 354, 176];
    const at = (value, score) => [left + width * x(value), top + height * (1 - Math.min(1, score))];
    const line = (a, b, kind) => svg("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1], class: kind });
    const node = svg("svg", { class: "chart", viewBox: "0 0 400 236", role: "img", "aria-label": label });
    for (const score of [0, 0.5, 1]) {
      const [, y] = at(ticks[0][0], score);
      node.append(line([left, y], [left + width, y], "grid"));
      node.append(svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, String(score)));
    }
    for (const [value, words] of ticks) {
      const [cx, y] = at(value, 0);
      node.append(line([cx, y], [cx, y + 4], "axis"));
      node.append(svg("text", { x: cx, y: y + 19, "text-anchor": x(value) > 0.97 ? "end" : "middle" }, words));
    }
    node.append(svg("text", { x: left + width / 2, y: 230, "text-anchor": "middle", class: "muted" }, xlabel));
    const layer = svg("g");
    node.append(layer);
    const path = (points, kind) => svg("path", { class: kind,
      d: points.map((point, i) => (i ? "L" : "M") + at(...point).map((v) => v.toFixed(1))).join("") });
    /** From where the pointer is to 0…1 along the axis. */
    const across = (event) => {
      const box = node.getBoundingClientRect();
      return Math.min(1, Math.max(0, (((event.clientX - box.left) / box.width) * 400 - left) / width));
    };
    return { node, layer, at, line, path, across };
  };

  // The whole: started when in view, its state in the address.

  /**
   * Bring the explorable with this id to life. `start` is its first state, texts by name;
   * `valid(state)` says whether another may be shown; `build(body, set)` makes the parts and
   * returns a function that draws a state and gives the sentence to announce.
   */
  const explorable = (id, { start, valid, build }) => {
    const figure = document.getElementById(id);
    if (!figure) return;
    let state = { ...start };
    let draw = null;
    let later = null;
    const address = () => `#${id}?${Object.entries(state).map(([k, v]) => `${k}=${v}`).join("&")}`;

    const fromAddress = () => {
      const [name, query] = location.hash.slice(1).split("?");
      if (name !== id || query === undefined) return false;
      const wanted = { ...start };
      for (const [key, value] of new URLSearchParams(query)) if (key in start) wanted[key] = value;
      if (valid(wanted)) state = wanted;
      return true;
    };

    const begin = () => {
      if (draw) return;
      const body = h("div", { class: "explorable-body" });
      const status = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
      const link = h("a", { class: "state-link" }, "Link to this state");
      const paint = build(body, (changes) => set(changes));
      draw = (announce) => {
        const words = paint(state);
        link.setAttribute("href", address());
        if (!announce) return;
        clearTimeout(later);
        later = setTimeout(() => {
          status.textContent = words;
          history.replaceState(history.state, "", address());
        }, 300);
      };
      const again = button("Start again", () => set(start));
      figure.querySelector(".explorable-static").replaceWith(
        body, h("p", { class: "explorable-foot" }, again, link), status);
      figure.dataset.started = "";
      draw(false);
    };

    const set = (changes) => {
      const wanted = { ...state, ...changes };
      if (!valid(wanted)) return;
      state = wanted;
      draw(true);
    };

    const follow = () => {
      if (!fromAddress()) return;
      begin();
      draw(false);
      figure.scrollIntoView({ block: "start", behavior: "instant" });
    };
    addEventListener("hashchange", follow);
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      begin();
    }, { rootMargin: "300px" });
    watch.observe(figure);
    follow();
  };

  const between = (low, high) => (text) =>
    /^\d*\.?\d+(e-?\d+)?$/.test(text) && Number(text) >= low && Number(text) <= high;

  return {
    add, divide, overlap, dice, iou, diceSlope, accuracy, softmax, oneHot, fixed, significant, h, svg, html,
    place, fraction, formula, show, button, buttons, slider, choice, strokes, pixels, chart,
    explorable, between,
  };
})();
