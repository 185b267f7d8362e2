/* A table of cases becomes numbers and two paragraphs, as dice/course/report.py has it. */
(() => {
  "use strict";
  if (!window.reportTexts) return;
  const { add, h, html, place, show, button, buttons, explorable } = explorables;
  const { measures, others, stated: asked, methods, texts, example } = window.reportTexts;
  const TIMES = 2000;

  // The arithmetic. Nothing is drawn by lot: a count, its bits well mixed, picks the patients.

  const mixed = (count) => {
    let x = count >>> 0;
    for (const [shift, factor] of [[16, 0x7feb352d], [15, 0x846ca68b], [16, 1]]) x = Math.imul(x ^ (x >>> shift), factor);
    return (x >>> 0) / 2 ** 32;
  };
  const mean = (values) => add(values) / values.length;
  const sorted = (values) => Float64Array.from(values).sort();
  const percentile = (ordered, share) => {
    const at = ((ordered.length - 1) * share) / 100;
    const [low, high] = [ordered[Math.floor(at)], ordered[Math.ceil(at)]];
    return low + (high - low) * (at % 1);
  };
  const shown = (value, digits) =>
    (Math.floor(value * 10 ** digits + 0.5 + 1e-9) / 10 ** digits).toFixed(digits);

  const summary = (values, owners, paired) => {
    const groups = new Map();
    for (const [who, value] of values) groups.set(owners.get(who), [...(groups.get(owners.get(who)) || []), value]);
    const parts = [...groups.values()];
    const drawn = { mean: [], median: [] };
    const [sums, n] = [parts.map(add), parts.length];
    const far = Math.abs(add(sums)) - 1e-12;
    let extreme = 1;
    for (let t = 0; t < TIMES; t += 1) {
      const row = [];
      for (let k = t * n; k < t * n + n; k += 1) row.push(...parts[Math.floor(mixed(k) * n)]);
      drawn.mean.push(mean(row));
      drawn.median.push(percentile(sorted(row), 50));
      if (paired) extreme += Math.abs(add(sums.map((sum, k) => (mixed(2 ** 31 + t * n + k) < 0.5 ? -sum : sum)))) >= far;
    }
    const [means, medians, all] = [drawn.mean, drawn.median, [...values.values()]].map(sorted);
    const ends = (of) => [2.5, 97.5].map((share) => percentile(of, share));
    const [[low, high], [medianLow, medianHigh]] = [ends(means), ends(medians)];
    const [lowest, q1, median, q3, highest] = [0, 25, 50, 75, 100].map((share) => percentile(all, share));
    return { mean: mean([...values.values()]), low, high, "median low": medianLow, "median high": medianHigh,
      lowest, q1, median, q3, highest, p: extreme / (1 + TIMES) };
  };

  // The table.

  const stop = (what, wayOut, where) => {
    const places = Object.entries(where).filter(([, value]) => value).map(([name, value]) => `${name} ${value}`);
    throw new Error(`${places.join(", ") || "cases"}: ${what}; ${wayOut}`);
  };
  const known = (column) => {
    let key = (/^[a-z]+\d*/.exec(column.toLowerCase()) || [column])[0];
    const letters = key.replace(/\d+$/, "");
    if (letters in measures && !(key in measures)) key = letters;
    const found = { name: column, key, ...(measures[key] || others) };
    return key === column.toLowerCase() ? found : { ...found, name: column };
  };
  const read = (text) => {
    const word = text.toLowerCase();
    if (["", "nan", "<na>", "failed"].includes(word)) return "failed";
    if (word === "empty") return "empty";
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
  };

  /** Rows of cells, of a file whose columns are set apart by tabs, semicolons or commas. */
  const cells = (file) => {
    const text = file.replace(/^\ufeff/, "").trim();
    const comma = ["\t", ";"].find((mark) => text.split("\n")[0].includes(mark)) || ",";
    const rows = [[]];
    const cell = new RegExp(`("(?:[^"]|"")*"|[^${comma}\\n]*)(${comma}|\\n|$)`, "g");
    for (const [, value, end] of text.matchAll(cell)) {
      rows.at(-1).push(value.trim().replace(/^"|"$/g, "").replaceAll('""', '"').trim());
      if (!end) break;
      if (end === "\n") rows.push([]);
    }
    return rows.filter((row) => row.some(Boolean));
  };

  /** Rules as they are typed: measures and what they count, `hd95:60,dice:out`. */
  const ruled = (text) => Object.fromEntries(text.split(",").filter((part) => part.includes(":"))
    .map((part) => part.split(":").map((word) => word.trim())).map(([name, value]) => [name, value === "out" ? null : Number(value)]));

  /** The numbers and the words of a table. */
  const count = (file, { failed, empty, unit, compare }) => {
    const [columns = [], ...lines] = cells(file);
    const rows = lines.map((line) => Object.fromEntries(columns.map((column, k) => [column, line[k] ?? ""])));
    const pair = compare === "none" ? [] : compare.split(",").map((name) => name.trim());
    const rules = { failed: ruled(failed), empty: ruled(empty) };
    const out = new Set(["patient", unit, ...window.reportTexts["no measures"]].filter((name) => !pair.includes(name)));
    const table = new Map(columns.filter((column) => !out.has(column.toLowerCase()))
      .map((column) => [column, rows.map((row) => read(row[column]))])
      .filter(([column, values]) => known(column).short || values.some((value) => typeof value === "number")));
    for (const [column, there] of [["patient", columns], [unit, columns], ...pair.map((name) => [name, [...table.keys()]])]) {
      if (!rows.length || !there.includes(column)) stop("not in the table", `there are ${rows.length ? there.join(", ") : "no rows"}`, { column });
    }
    const fine = [...table.keys(), ...[...table.keys()].map((column) => known(column).key)];
    for (const name of [...Object.keys(rules.failed), ...Object.keys(rules.empty)]) {
      if (!fine.includes(name)) stop(`nothing is called '${name}'`, `there are ${[...new Set(fine)].sort().join(", ")}`, {});
    }
    const owners = new Map();
    rows.forEach((row, k) => {
      const [who, of] = [row.patient, row[unit]];
      if (!who || !of || (owners.has(who) && owners.get(who) !== of)) {
        stop("a row has a patient, and a patient one unit", "mend it", { column: unit, row: k + 2 });
      }
      owners.set(who, of);
    });

    /** The mean of each patient's cases, of those that count. */
    const patients = (cases) => {
      const groups = new Map([...owners.keys()].map((who) => [who, []]));
      cases.forEach((value, k) => value !== null && groups.get(rows[k].patient).push(value));
      return new Map([...groups].filter(([, some]) => some.length).map(([who, some]) => [who, mean(some)]));
    };
    const [values, counted] = [new Map(), new Map()];
    const said = { failed: [], empty: [] };
    for (const [column, those] of table) {
      const about = known(column);
      const counts = { ...about.counts };
      for (const [what, rule] of Object.entries(rules)) {
        for (const name of [about.key, column]) if (name in rule) counts[what] = rule[name];
      }
      those.forEach((cell, k) => {
        const ruledOut = typeof cell === "string" ? !(cell in counts) : !(about.least <= cell && cell <= about.most);
        const wayOut = about["way out"].replace(/as failed=\{'(\w+)': (\d+)\}, or None/, "as $1:$2, or $1:out");
        if (ruledOut) stop(typeof cell === "string" ? `'${cell}' does not count` : `${cell} does not count`, wayOut, { column, row: k + 2, patient: rows[k].patient });
      });
      counted.set(column, those.map((cell) => (typeof cell === "string" ? counts[cell] : cell)));
      values.set(column, patients(counted.get(column)));
      for (const [what, items] of Object.entries(said)) {
        if (!those.includes(what)) continue;
        const value = String(Number((counts[what] || 0).toPrecision(6)));
        items.push(told(texts[counts[what] === null ? "left out" : "counted"], { ...about, value }));
      }
    }
    if (pair.length) {
      const [a, b] = pair.map((name) => counted.get(name));
      values.set(pair.join(" minus "), patients(a.map((value, k) => (value === null || b[k] === null ? null : value - b[k]))));
    }
    let units = new Set(owners.values()).size;
    const facts = { times: TIMES, unit, units, cases: rows.length, patients: owners.size };
    const results = [told(texts.size, facts)];
    const measured = [];
    for (const [column, of] of values) {
      const about = known(column);
      const more = { scored: of.size };
      for (const what of Object.keys(said)) more[what] = (table.get(column) || []).filter((cell) => cell === what).length;
      const found = of.size ? summary(of, owners, !table.has(column)) : {};
      const texted = Object.fromEntries(Object.entries(found).map(([k, v]) => [k, shown(v, k === "p" ? 4 : about.digits)]));
      units = Math.min(units, new Set([...of.keys()].map((who) => owners.get(who))).size || units);
      results.push(told(texts[of.size ? (table.has(column) ? "measure" : "compared") : "none"], { ...about, ...more, ...texted }));
      measured.push({ ...more, ...texted, name: about.name, unit: about.unit });
    }
    facts.units = units;
    for (const [what, items] of Object.entries(said)) facts[what] = items.join(", ") || "none";
    facts.names = [...table.keys()].map((column) => known(column).name).join(", ").replace(/, ([^,]*)$/, " and $1");
    const skip = [...(fine.includes("nsd") ? [] : ["tolerance"]), ...(pair.length ? [] : ["test"])];
    return { facts, results: results.join(" "), measured, skip, units };
  };
  const told = (template, values) => template.replace(/\{([^}]*)\}/g, (_, key) => values[key]);

  /** The methods, with what is stated, and what is still to be done. */
  const write = ({ facts, skip, units }, said) => {
    const words = Object.entries(asked).map(([k, question]) => [k, said[k] || `[${question}]`]);
    const filled = { ...facts, ...Object.fromEntries(words) };
    const blank = Object.keys(asked).filter((k) => !said[k] && !skip.includes(k));
    return {
      methods: Object.entries(methods).filter(([k]) => !skip.includes(k)).map(([, text]) => told(text, filled)).join(" "),
      notes: [...(blank.length ? [told(texts["to fill in"], { "": blank.join(", ") })] : []),
        ...(units < 40 ? [told(texts.few, filled)] : [])].join(" "),
    };
  };

  const rule = /^(|out|[\w ()]+:\s*(out|-?\d*\.?\d+)(,\s*[\w ()]+:\s*(out|-?\d*\.?\d+))*)$/;
  const word = /^[^&=#%<>+]+$/;
  const start = { failed: "hd95:60", empty: "out", unit: "patient", compare: "none" };
  const patterns = { failed: rule, empty: rule, unit: word, compare: word };

  explorable("report", {
    start,
    valid: (state) => Object.entries(patterns).every(([k, pattern]) => pattern.test(state[k])),

    build(body, set) {
      let table = example.join("\n");
      const said = {};
      let last = {};
      const field = (name, words, holder = "") => h("label", {}, h("span", {}, words),
        h("input", { type: "text", name, autocomplete: "off", spellcheck: "false", placeholder: holder }));
      const area = h("textarea", { name: "table", rows: 8, spellcheck: "false", autocomplete: "off", wrap: "off" });
      const file = h("input", { type: "file", name: "file", accept: ".csv,.tsv,.txt,text/csv" });
      const trouble = h("p", { class: "note", role: "alert" });
      const measured = h("dl", { class: "sums" });
      const paragraph = (key, title) => {
        const text = html(`<p class="verdict">${place(key)}</p>`);
        const copy = () => {
          getSelection().selectAllChildren(text);
          navigator.clipboard?.writeText(text.textContent).catch(() => {});
        };
        return h("div", { class: "left" }, h("p", { class: "subhead" }, title), text, buttons(title, button(`Copy the ${key}`, copy)));
      };
      const found = h("div", { class: "left" }, measured, paragraph("methods", "For the methods"), paragraph("results", "For the results"),
        html(`<p class="note">${place("notes")}</p>`));
      const own = (text) => {
        const first = table === example.join("\n");
        table = text;
        set(first && last.rule === start.failed ? { failed: "" } : {}); // the price of the example is not yours
      };
      body.append(
        buttons("Examples",
          button("The example", () => {
            table = example.join("\n");
            set(start);
          }),
          button("Two models", () => set({ compare: "dice,dice_b" })),
          button("Hospitals drawn", () => set({ unit: "hospital" }))),
        h("div", { class: "typed" }, h("label", {}, h("span", {}, "Your table, a CSV file"), file),
          field("unit", "Drawn anew: the column"),
          field("failed", "A failed case counts"), field("empty", "Two empty masks count"),
          field("compare", "Compare two columns"),
          ...Object.entries(asked).map(([k, question]) => field(k, (k[0].toUpperCase() + k.slice(1)).replace("Post", "Post-"), question)),
          h("label", {}, h("span", {}, "Or paste it: a line for each case"), area)),
        trouble, found);

      file.addEventListener("change", () => {
        if (!file.files.length) return;
        const reader = new FileReader();
        reader.addEventListener("load", () => own(reader.result));
        reader.readAsText(file.files[0]);
      });
      body.addEventListener("input", ({ target: { name, value } }) => {
        if (name === "table") own(value);
        else if (name in asked) {
          said[name] = value.trim();
          set({});
        } else if (name in patterns) {
          const good = patterns[name].test(value.trim());
          body.querySelector(`[name=${name}]`).setAttribute("aria-invalid", String(!good));
          if (good) set({ [name]: value.trim() });
        }
      });

      return (state) => {
        for (const name of Object.keys(patterns)) {
          const node = body.querySelector(`[name=${name}]`);
          if (node.value.trim() !== state[name]) node.value = state[name];
          node.setAttribute("aria-invalid", "false");
        }
        if (area.value !== table) area.value = table;
        last.rule = state.failed;
        try {
          const key = JSON.stringify([state, table]);
          if (last.key !== key) last = { key, of: count(table, state), rule: state.failed };
        } catch (error) {
          last = { rule: state.failed };
          trouble.textContent = error.message;
          found.hidden = true;
          return error.message;
        }
        trouble.textContent = "";
        found.hidden = false;
        const values = { ...write(last.of, said), results: last.of.results };
        measured.replaceChildren(...last.of.measured.map((one, k) => {
          values[`${k}-name`] = one.name;
          values[`${k}-mean`] = one.scored ? `${one.mean}${one.unit} (${one.low} to ${one.high})` : "none scored";
          return html(`<div><dt>${place(`${k}-name`)}</dt><dd>${place(`${k}-mean`)}</dd></div>`);
        }));
        show(body, values);
        return values.results;
      };
    },
  });
})();
