/* The detective: which conventions give each of two numbers, as dice/course/detective.py has it. */
(() => {
  "use strict";
  if (!window.conventions) return;
  const { add, h, html, place, show, button, buttons, explorable } = explorables;
  const { choices, calls, limit, example, "no hit": noHit } = window.conventions;
  const SUMS = ["intersection", "prediction", "target"];
  const plain = Object.fromEntries(Object.entries(choices).map(([k, table]) => [k, Object.keys(table)[0]]));

  // The arithmetic.

  const mean = (scores, weights, empty) => {
    const kept = scores.map((score, i) => (Number.isNaN(empty) && Number.isNaN(score) ? 0 : weights[i]));
    return add(scores.map((score, i) => (kept[i] > 0 ? score * kept[i] : 0))) / add(kept);
  };
  const even = (rows) => rows.map(() => 1);
  const merged = (rows) => SUMS.map((_, s) => add(rows.map((sums) => sums[s])));
  const turned = (rows) => rows[0].map((_, c) => rows.map((row) => row[c]));

  /** The number that a convention reads off sums by image and class. */
  const read = (images, convention) => {
    const value = (k) => (choices[k][convention[k]] || choices[k][plain[k]])[1];
    const empty = { nan: NaN, inf: Infinity }[value("empty")] ?? Number(value("empty"));
    const alone = /^class (\d+)$/.exec(convention.average || "");
    const average = alone ? "macro" : convention.average || "macro";
    let rows = images.map((row) => (alone ? [row[alone[1]]] : row.slice(value("background") ? 1 : 0)));
    if (value("images")) rows = [turned(rows).map(merged)];
    rows = rows.map((row) => row.map((sums) => {
      const [i, p, g] = SUMS.map((name, s) => (sums[s] * value("numbers")[name][0]) % value("numbers")[name][1]);
      return [i, value("absent") && g === 0 ? 0 : p, g];
    }));
    if (average === "macro" && value("order")) rows = value("order") === 1 ? turned(rows) : [rows.flat()];
    if (average === "micro") rows = rows.map((row) => [merged(row)]);
    const { eps_numerator: above, eps_denominator: below } = value("epsilon");
    const ratio = ([i, p, g]) => {
      const [top, bottom] = value("score") === "dice" ? [2 * i, p + g] : [i, p + g - i];
      return bottom + below === 0 ? empty : (top + above) / (bottom + below);
    };
    const scores = rows.map((row) => {
      const sizes = row.map((sums) => sums[2]);
      return mean(row.map(ratio), average === "weighted" && add(sizes) ? sizes : even(row), empty);
    });
    const [shift, sign] = value("form");
    return shift + sign * mean(scores, even(scores), empty);
  };

  /** All ways to take `count` of the items, in their order. */
  const combinations = (items, count) => (count === 0 ? [[]] : items.flatMap((item, i) =>
    combinations(items.slice(i + 1), count - 1).map((rest) => [item, ...rest])));

  /** All conventions with few departures, and all calls, the plainest first. */
  const candidates = (images) => {
    const seen = images.some((row) => row[0][2]);
    const whole = images.every((row) => row.every((sums) => Number.isInteger(sums[1])));
    const shut = (k) => (k === "background" && !seen) || (k === "numbers" && !whole);
    const many = images[0].length > 2;
    const alone = images[0].map((_, k) => k).filter((k) => (k ? many : seen)).map((k) => `class ${k}`);
    const steps = Object.entries(choices).flatMap(([k, table]) => Object.entries(table)
      .filter(([, entry]) => entry[0] && entry.length === 3).map(([name]) => [k, name]));
    steps.push(...alone.map((name) => ["average", name]));
    const asked = [...Array(limit + 1).keys()].flatMap((n) => combinations(steps, n)
      .filter((some) => new Set(some.map(([k]) => k)).size === n).map((some) => [Object.fromEntries(some), ""]));
    for (const { library, call, reads } of calls) {
      const each = reads.average === "class" ? (many ? alone : ["macro", ...alone]) : [reads.average];
      for (const average of each) {
        asked.push([average ? { ...reads, average } : reads, `${library}: ${call}`]);
      }
    }
    return asked.flatMap(([convention, call]) => {
      const entries = Object.entries(convention);
      const departures = add(entries.map(([k, name]) => (choices[k][name] || [1])[0]));
      if ((!call && departures > limit) || entries.some(([k]) => shut(k))) return [];
      const made = entries.filter(([k, name]) => name !== plain[k]);
      const words = made.map(([k, name]) => (choices[k][name] || [0, 0, name])[2]).join(", ") || "plain";
      return [{ value: read(images, Object.fromEntries(made)), departures, made, words, call }];
    }).sort((a, b) => a.departures - b.departures || !a.call - !b.call);
  };

  /** The rows of one number. */
  const hits = ({ value: number, decimals }, groups) => {
    const unit = 10 ** decimals;
    const block = 10 ** Math.min(2, decimals);
    const near = (value) => Math.floor(Math.floor(value * unit + 0.5) / block);
    const fits = ([{ value }]) => Object.is(value, number) || Math.abs(value - number) * unit <= 0.5 + 1e-9;
    const rivals = groups.filter((group) => !fits(group) && Number.isFinite(group[0].value - number) &&
      near(group[0].value) === near(number)).map(([first]) => first.departures);
    return groups.filter(fits).map((group) => ({
      ...group[0],
      alike: group,
      calls: [...new Set(group.map(({ call }) => call).filter(Boolean))],
      chance: rivals.filter((n) => n <= group[0].departures).length / Math.max(1, block - 1),
    }));
  };

  const verdict = (found) => {
    const first = found.map((rows) => rows.slice(0, 3).flatMap(({ alike }) => alike.slice(0, 20)));
    const lacks = (a, b) => a.made.filter(([k, name]) => !b.made.some(([l, other]) => k === l && name === other)).length;
    let best = null;
    for (const a of first[0]) for (const b of first[1]) {
      const far = lacks(a, b) + lacks(b, a) + a.departures + b.departures;
      if (!best || far < best.far) best = { far, pair: [a, b] };
    }
    if (!best) return noHit;
    const [yours, theirs] = best.pair.map(({ words, call }) => words + (call && ` (${call})`));
    return `Yours: ${yours}. Theirs: ${theirs}.`;
  };

  // What is typed.

  const parse = (text) => {
    const found = /^(-?\d*\.(\d+))( ?%)?$|^nan$|^inf$/.exec(text.trim().replace("−", "-"));
    if (!found) return null;
    const shift = found[3] ? 2 : 0;
    const special = { nan: NaN, inf: Infinity }[found[0]];
    return { value: special ?? Number(found[1]) / 10 ** shift, decimals: (found[2] || "").length + shift };
  };

  /** Lines of image, class and three sums, or of the sums alone, as a table by image and class. */
  const table = (text) => {
    const rows = text.split(";").map((row) => row.split(","));
    const names = new Map();
    const images = [];
    let classes = 2;
    for (const [k, row] of rows.entries()) {
      const [image, label] = row.length === 5 ? row : [String(k), "1"];
      const sums = row.slice(-3).map((cell) => (/^\d*\.?\d+$/.test(cell) ? Number(cell) : NaN));
      if (![3, 5].includes(row.length) || row.length !== rows[0].length) return null;
      if (!/^[\w.-]+$/.test(image) || !/^\d{1,2}$/.test(label)) return null;
      if (!(2 * sums[0] <= (sums[1] + sums[2]) * (1 + 1e-9))) return null;
      if (!names.has(image)) names.set(image, images.push([]) - 1);
      if (images[names.get(image)][label]) return null;
      images[names.get(image)][label] = sums;
      classes = Math.max(classes, Number(label) + 1);
    }
    return images.map((row) => Array.from({ length: classes }, (_, c) => row[c] || [0, 0, 0]));
  };
  const canonical = (text) => text.trim().split(/\s*\n\s*/).map((line) => line.split(/[\s,;]+/).filter(Boolean).join(","))
    .filter((line, i) => i || /^[^,]*,?\d/.test(line)).join(";");
  const start = {
    yours: example.yours, theirs: example.theirs,
    sums: example.target.flatMap((row, k) => row.map((_, c) =>
      [k + 1, c, ...SUMS.map((name) => example[name][k][c])].join())).join(";"),
  };

  explorable("detective", {
    start,
    valid: ({ yours, theirs, sums }) => Boolean(parse(yours) && parse(theirs) && table(sums)),

    build(body, set) {
      const field = (name, words) => h("label", {}, h("span", {}, words),
        h("input", { type: "text", name, inputmode: "decimal", autocomplete: "off", spellcheck: "false" }));
      const area = h("textarea", { name: "sums", rows: 9, spellcheck: "false", autocomplete: "off" });
      const trouble = h("p", { class: "note", role: "alert" });
      const found = h("div", { class: "two" });
      body.append(
        buttons("Examples",
          button("Three images, two classes", () => set(start)),
          button("One mask", () => set({ yours: "0.8235", theirs: "0.7000", sums: "70,80,90" })),
          button("Two decimals", () => set({ yours: "0.82", theirs: "0.70", sums: "70,80,90" }))),
        h("div", { class: "typed" }, field("yours", "Your number"), field("theirs", "Their number"),
          h("label", {}, h("span", {}, "Sums, a line each: image, class (0 is background), I, P, G"), area)),
        trouble,
        html(`<p class="verdict">${place("verdict")}</p>`), found,
        html(`<p class="note">Tried: ${place("tried")}.</p>`));

      const wrong = {
        yours: "Your number needs its decimals, like 0.8235 or 82.4 %.",
        theirs: "Their number needs its decimals, like 0.8235 or 82.4 %.",
        sums: "Each line needs an image, a class and three sums, or three sums alone; 2I is at most P + G.",
      };
      body.addEventListener("input", ({ target: { name, value } }) => {
        if (!wrong[name]) return;
        const text = name === "sums" ? canonical(value) : value.trim().replace("−", "-");
        const good = name === "sums" ? table(text) : parse(text);
        body.querySelector(`[name=${name}]`).setAttribute("aria-invalid", String(!good));
        trouble.textContent = good ? "" : wrong[name];
        if (good) set({ [name]: text });
      });

      const row = (whose, k) => html(`<div class="hit"><p><strong>${place(`${whose}-${k}`)}</strong><br>
        ${place(`${whose}-${k}-departures`)} from plain, chance ${place(`${whose}-${k}-chance`)}</p>
        <p class="note">${place(`${whose}-${k}-calls`)}</p></div>`);

      return (state) => {
        const numbers = { yours: parse(state.yours), theirs: parse(state.theirs) };
        const tried = candidates(table(state.sums));
        const scale = 100 * 10 ** Math.max(numbers.yours.decimals, numbers.theirs.decimals);
        const groups = new Map();
        for (const one of tried) {
          const key = Number.isFinite(one.value) ? Math.floor(one.value * scale + 0.318) : String(one.value);
          groups.set(key, [...(groups.get(key) || []), one]);
        }
        const values = { tried: `${tried.length} conventions and calls, ${groups.size} numbers` };
        const rows = Object.entries(numbers).map(([, number]) => hits(number, [...groups.values()]));
        found.replaceChildren(...Object.keys(numbers).map((whose, side) => {
          const count = rows[side].length;
          values[whose] = `${state[whose]}: ${count === 1 ? "1 hit" : `${count || "no"} hits`}`;
          const shown = rows[side].slice(0, 3);
          shown.forEach(({ words, departures, chance, calls: named }, k) => {
            values[`${whose}-${k}`] = words;
            values[`${whose}-${k}-departures`] = departures;
            values[`${whose}-${k}-chance`] = chance.toFixed(2);
            values[`${whose}-${k}-calls`] = named.slice(0, 3).join("; ") + (named.length > 3 ? "; …" : "");
          });
          return h("div", {}, html(`<p class="subhead">${whose === "yours" ? "Yours" : "Theirs"}, ${place(whose)}</p>`),
            ...shown.map((_, k) => row(whose, k)));
        }));
        values.verdict = verdict(rows);
        show(body, values);
        for (const name of ["yours", "theirs", "sums"]) {
          const node = body.querySelector(`[name=${name}]`);
          const now = name === "sums" ? canonical(node.value) : node.value.trim().replace("−", "-");
          if (now !== state[name]) node.value = name === "sums" ? state.sums.replaceAll(";", "\n").replaceAll(",", " ") : state[name];
          node.setAttribute("aria-invalid", "false");
        }
        trouble.textContent = "";
        return values.verdict;
      };
    },
  });
})();
