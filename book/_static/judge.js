/* Exercises and questions that answer in the page, and what is solved, kept in this browser. */
window.diceJudge = (() => {
  "use strict";

  // Exact fractions: [numerator, denominator], of whole numbers without bound.

  const reduced = (above, below) => {
    if (below === 0n) throw new RangeError("a division by 0");
    let [a, b] = [above < 0n ? -above : above, below < 0n ? -below : below];
    while (b) [a, b] = [b, a % b];
    const by = below < 0n ? -(a || 1n) : a || 1n;
    return [above / by, below / by];
  };

  /** The exact value of a formula: numbers, names, + - * / ** and parentheses. */
  const exact = (formula, numbers = {}) => {
    const tokens = String(formula).replace(/[−–]/g, "-").match(/\*\*|[-+*/()]|[\d.]+(?:e-?\d+)?|[A-Za-z]\w*|\S/g) || [];
    let at = 0;
    const take = (...wanted) => wanted.includes(tokens[at]) && tokens[at++];
    const atom = () => {
      const token = tokens[at++];
      if (token === "(") {
        const inner = sum();
        if (!take(")")) throw new SyntaxError(formula);
        return inner;
      }
      if (token in numbers) return [BigInt(numbers[token]), 1n];
      const parts = /^(\d*)\.?(\d*)(?:e(-?\d+))?$/.exec(token || "");
      if (!parts || !(parts[1] || parts[2])) throw new SyntaxError(formula);
      const power = Number(parts[3] || 0) - parts[2].length;
      if (Math.abs(power) > 60) throw new RangeError(formula);
      const digits = BigInt(parts[1] + parts[2]);
      return power < 0 ? reduced(digits, 10n ** BigInt(-power)) : [digits * 10n ** BigInt(power), 1n];
    };
    const power = () => {
      const base = atom();
      if (!take("**")) return base;
      const [exponent] = power();
      if (exponent < 0n || exponent > 60n) throw new RangeError(formula);
      return [base[0] ** exponent, base[1] ** exponent];
    };
    const signed = () => {
      if (!take("-")) return power();
      const [a, b] = signed();
      return [-a, b];
    };
    const product = () => {
      let [a, b] = signed();
      for (let sign; (sign = take("*", "/"));) {
        const [c, d] = signed();
        [a, b] = sign === "*" ? reduced(a * c, b * d) : reduced(a * d, b * c);
      }
      return [a, b];
    };
    const sum = () => {
      let [a, b] = product();
      for (let sign; (sign = take("+", "-"));) {
        const [c, d] = product();
        [a, b] = reduced(a * d + (sign === "+" ? c : -c) * b, b * d);
      }
      return [a, b];
    };
    const value = sum();
    if (at < tokens.length) throw new SyntaxError(formula);
    return value;
  };
  const told = ([a, b]) => (b === 1n ? `${a}` : `${a}/${b}`).replace("-", "−");
  const number = (formula) => {
    const [a, b] = exact(formula);
    return Number(a) / Number(b);
  };
  const fill = (text, numbers) => text.replace(/\{([^{}]+)\}/g, (_, formula) => told(exact(formula, numbers)));

  // What is solved: names, in this browser.

  const KEY = "dice-course-solved";
  let solved = new Set();
  const words = (text) => text.match(/[a-z-]+\/[a-z0-9-]+/g) || [];
  try {
    solved = new Set(words(localStorage.getItem(KEY) || ""));
  } catch { /* a browser that keeps nothing: until the page is left */ }
  const line = () => `dice-course solved: ${[...solved].sort().join(" ")}`;
  const keep = () => {
    try {
      localStorage.setItem(KEY, line());
    } catch { /* as above */ }
    mark();
  };
  const solve = (name) => {
    solved.add(name);
    keep();
  };

  // Parts.

  const h = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes))
      if (typeof value === "function") node.addEventListener(key, value);
      else node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const button = (label, click, more = {}) => h("button", { type: "button", click, ...more }, label);
  /** Text in which `code` is code. */
  const prose = (text) => text.split("`").map((part, k) => (k % 2 ? h("code", {}, part) : part));
  const status = () => h("p", { class: "judge-said", role: "status", "aria-live": "polite" });
  const say = (node, text, kind) => {
    node.replaceChildren(...prose(text));
    node.dataset.kind = kind || "";
  };
  const named = (name) => document.getElementById(name)?.closest("p");

  // Exercises.

  /** Judge numbers as `check` does: exact, or rounded to the decimals that are asked for. */
  const judgeNumbers = ({ asks, answer, decimals = 4, shows, slips = {} }, given) => {
    let values;
    try {
      values = given.map(number);
    } catch {
      return [false, `Not yet. Each is to be a number: exact, such as 2/3, or to ${decimals} decimals.`];
    }
    const half = 0.5 * 10 ** -decimals + 1e-12;
    const wrong = asks.filter((_, k) => {
      const [low, high] = Array.isArray(answer[k]) ? answer[k] : [number(answer[k]), number(answer[k])];
      return !(low - half <= values[k] && values[k] <= high + half);
    });
    if (!wrong.length) return [true, `Right. ${shows}`];
    const said = Object.entries(slips).filter(([slip]) => values.some((v) => Math.abs(v - number(slip)) <= half));
    const rule = `Not yet. Not right: ${wrong.join(", ")} (exact, or to ${decimals} decimals).`;
    return [false, [rule, ...said.map(([, why]) => why)].join(" ")];
  };

  const python = (name, code) => {
    const defined = [...code.matchAll(/^(?:def\s+(\w+)|(\w+)\s*=(?!=))/gm)].pop();
    const answer = defined ? defined[1] || defined[2] : `(${code.trim()})`;
    return `from dice.course.judge import check\n${defined ? code : ""}\nverdict = check("${name}", ${answer})\n`
      + "import json\nprint(json.dumps([verdict.right, verdict.text, verdict._repr_html_()]))";
  };

  const judgeCode = async (name, code, before) => {
    const { text, error } = await window.diceLive.run(python(name, code), { before });
    if (error) return [false, `Not yet. Python says: ${error.trim().split("\n").pop()}`];
    const [right, said, drawn] = JSON.parse(text.trim().split("\n").pop());
    return [right, said.replace(/ For a hint: hint\(.*\)\.$/, ""), drawn];
  };

  /** What is typed stays until the tab is closed. */
  const keepTyped = (name, field) => {
    try {
      field.value = sessionStorage.getItem(name) ?? "";
      field.addEventListener("input", () => sessionStorage.setItem(name, field.value));
    } catch { /* as above */ }
  };

  const exercise = (name, entry) => {
    const cell = [...document.querySelectorAll("div.cell")].find((node) =>
      node.querySelector("pre")?.textContent.includes(`check("${name}", ...)`));
    if (!cell || (!entry.asks && !window.diceLive)) return;
    const said = status();
    const picture = h("div", { class: "judge-picture" });
    const fields = entry.asks
      ? entry.asks.map((ask) => h("input", { type: "text", autocomplete: "off", spellcheck: "false", "aria-label": ask.replaceAll("`", "") }))
      : [h("textarea", { rows: 5, spellcheck: "false", autocapitalize: "off", "aria-label": "Your code",
        placeholder: `def answer(${entry.names.split(" ").join(", ")}):\n    return ...\n# any name will do; what is defined last is judged` })];
    fields.forEach((field, k) => keepTyped(`dice-course ${name} ${k}`, field));
    const judge = async (event) => {
      event.preventDefault();
      const open = fields.findIndex((field) => !field.value.trim());
      if (open >= 0) return say(said, `Put your answer in first${entry.asks ? `: ${entry.asks[open]}` : ""}.`);
      picture.replaceChildren();
      if (!entry.asks) say(said, "Python in this page tries it.");
      const [right, text, drawn] = entry.asks ? judgeNumbers(entry, fields.map((field) => field.value))
        : await judgeCode(name, fields[0].value, cell);
      say(said, text, right ? "right" : "wrong");
      if (drawn) picture.append(document.createRange().createContextualFragment(drawn.replace(/^<p>.*?<\/p>/s, "")));
      if (right) solve(name);
    };
    const hint = button("Hint", () => say(said, `${entry.hint} The solution is folded below.`));
    const shown = fields.map((field, k) => (entry.asks ? h("label", {}, h("span", {}, ...prose(entry.asks[k])), field) : field));
    cell.classList.add("judge-instead");
    cell.after(h("form", { class: "judge", submit: judge, "aria-label": `Your answer to ${name}` }, ...shown,
      h("div", { class: "judge-buttons" }, h("button", { type: "submit" }, "Check"), hint), said, picture));
  };

  // Questions: choices to press, with numbers that are new at each visit.

  const draw = (entry, random = Math.random) => {
    for (let tries = 0; tries < 999; tries += 1) {
      const numbers = Object.fromEntries(Object.entries(entry.draw).map(([key, [low, high]]) =>
        [key, low + Math.floor(random() * (high - low + 1))]));
      if (!(entry.positive || []).every((formula) => exact(formula, numbers)[0] > 0n)) continue;
      const values = entry.choices.map(({ value }) => told(exact(value, numbers)));
      if (new Set(values).size === values.length) return numbers;
    }
    return entry.start;
  };

  const question = (name, entry) => {
    const place = named(name);
    const words = place?.previousElementSibling;
    if (!words) return;
    for (let next; (next = place.nextElementSibling)?.matches("details") && /^[A-D]\. /.test(next.textContent.trim());)
      next.remove();
    const box = h("div", { class: "judge", role: "group", "aria-label": "Choices" });
    place.after(box);
    const ask = (numbers) => {
      const said = status();
      words.replaceChildren(h("strong", {}, "Choose."), " ", ...prose(fill(entry.text, numbers)));
      const byValue = [...entry.choices].sort((a, b) => // so that no place is always the right one
        [a, b].map(({ value }) => told(exact(value, numbers)).replace("−", "-")).reduce((x, y) => number(`(${x}) - (${y})`)));
      const choices = byValue.map(({ value, why, right }, k) => {
        const choice = button(`${"ABCD"[k]}. ${told(exact(value, numbers))}`, () => {
          for (const other of choices) other.setAttribute("aria-pressed", String(other === choice));
          choice.dataset.kind = right ? "right" : "wrong";
          say(said, `${right ? "Right" : "No"}. ${fill(why, numbers)}`, choice.dataset.kind);
          if (right) solve(name);
        }, { "aria-pressed": "false" });
        return choice;
      });
      const again = button("New numbers", () => {
        ask(draw(entry));
        box.querySelector("button").focus();
      }, { class: "judge-again" });
      box.dataset.numbers = JSON.stringify(numbers);
      box.replaceChildren(h("div", { class: "judge-buttons" }, ...choices, again), said);
    };
    ask(draw(entry));
  };

  // The map.

  const mark = () => {
    for (const name of solved) {
      const place = window.diceAsked?.[name] && named(name);
      if (place && !place.querySelector(".judge-solved"))
        place.append(h("span", { class: "judge-solved" }, " ✓ solved"));
    }
    for (const list of document.querySelectorAll("ul:has(> li[data-solved])")) {
      const items = [...list.children];
      for (const item of items) {
        item.querySelector(".judge-solved")?.remove();
        if (solved.has(item.dataset.solved)) item.append(h("span", { class: "judge-solved" }, " ✓ solved"));
      }
      const count = items.filter((item) => solved.has(item.dataset.solved)).length;
      list.previousElementSibling?.classList.contains("judge-count") || list.before(h("p", { class: "judge-count" }));
      list.previousElementSibling.replaceChildren(
        h("progress", { max: items.length, value: count, "aria-label": "Solved in this chapter" }), ` ${count} of ${items.length} solved`);
    }
  };

  const map = (place) => {
    const all = new Set([...document.querySelectorAll("li[data-solved]")].map((item) => item.dataset.solved));
    const said = status();
    const text = h("textarea", { rows: 3, spellcheck: "false", "aria-label": "What you have solved, as a line of text" });
    const show = (sentence) => {
      text.value = line();
      say(said, sentence || `${[...solved].filter((name) => all.has(name)).length} of ${all.size} solved.`);
    };
    const copy = async () => {
      text.select();
      try {
        await navigator.clipboard.writeText(text.value);
        say(said, "The line is copied.");
      } catch {
        say(said, "The line is selected: copy it with your keyboard.");
      }
    };
    const add = () => {
      const found = words(text.value).filter((name) => all.has(name));
      const fresh = found.filter((name) => !solved.has(name)).length;
      found.forEach((name) => solved.add(name));
      keep();
      show(`${fresh} added from the line.`);
    };
    const forget = () => {
      const before = line();
      solved.clear();
      keep();
      show("Nothing is marked as solved. The line above, if you add it, has it back.");
      text.value = before;
    };
    place.append(h("div", { class: "judge" },
      h("label", {}, "Take it along, or bring it from another browser:", text),
      h("div", { class: "judge-buttons" }, button("Copy the line", copy), button("Add from the line", add), button("Forget all", forget)), said));
    show();
  };

  addEventListener("DOMContentLoaded", () => {
    for (const [name, entry] of Object.entries(window.diceAsked || {})) (entry.choices ? question : exercise)(name, entry);
    const place = document.getElementById("progress");
    if (place) map(place);
    mark();
  });

  return { exact: (...given) => told(exact(...given)), draw, judgeNumbers, python, solved: () => [...solved] };
})();
