/* Cells that run in the page: loaded at the first press of Run, by live_start.js. */
window.diceLiveStart = (known, boxes, none) => {
  "use strict";

  const fromFile = location.protocol === "file:";
  const base = new URL(known.root, location.href).href;
  const h = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes))
      if (typeof value === "function") node.addEventListener(key, value);
      else if (value !== false) node.setAttribute(key, value === true ? "" : value);
    node.append(...children);
    return node;
  };
  const button = (words, press, more = {}) =>
    h("button", { type: "button", class: "live-button", click: press, ...more }, words);
  const megabytes = (bytes) => Math.ceil(bytes / 1e6);
  const total = (names) => names.reduce((sum, name) => sum + (known.sizes[name] || 0), 0);
  const MEMORY = [300, 400]; // megabytes that a page takes, without and with figures

  // What is said: seen by all in the panel, and read out.

  const words = h("p", { class: "live-words", role: "status", "aria-live": "polite" });
  const say = (text) => (words.textContent = text);

  // The kernel: in a worker, or in this page.

  let worker = null;
  const calls = new Map();
  let last = 0;

  const news = (event) => {
    if (event.all) say(`Fetching: ${megabytes(event.got)} of ${megabytes(event.all)} MB.`);
    if (event.starting) say("Starting Python.");
    if (event.pack) say(`Fetching what this cell needs: ${megabytes(total([event.pack]))} MB.`);
  };

  const script = (address) => new Promise((done, fail) => {
    document.head.append(h("script", { src: address, load: done, error: () => fail(new Error(address)) }));
  });

  const call = async (name, ...values) => {
    if (fromFile) {
      if (!window.diceKernel) await script(`${base}kernel.js`);
      await new Promise((done) => setTimeout(done, 30)); // so that what was said is seen
      return window.diceKernel[name](...values, ...(name === "boot" ? [news] : []));
    }
    worker ||= Object.assign(new Worker(`${base}worker.js`), {
      onmessage: ({ data }) => {
        if (data.news) return news(data.news);
        const { done, fail } = calls.get(data.id);
        calls.delete(data.id);
        if (data.error) console.debug(data.error);
        data.error ? fail(new Error(data.error)) : done(data.value);
      },
      onerror: (event) => {
        event.preventDefault();
        for (const { fail } of calls.values()) fail(new Error(event.message));
        calls.clear();
      },
    });
    const id = ++last;
    worker.postMessage({ id, name, values });
    return new Promise((done, fail) => calls.set(id, { done, fail }));
  };

  // What is kept until the tab is closed: consent, and the code that was edited.

  const keep = (name, value) => {
    try {
      if (value === undefined) return sessionStorage.getItem(`dice-course ${name}`);
      if (value === null) sessionStorage.removeItem(`dice-course ${name}`);
      else sessionStorage.setItem(`dice-course ${name}`, value);
    } catch { /* a browser that keeps nothing: until the page is left */ }
    return null;
  };
  const place = (cell) => `${location.pathname} ${cell.i} ${cell.source}`; // another source, another cell

  // Asked once: what it costs.

  let agreed = keep("agreed") === "yes";
  const ask = () => new Promise((answer) => {
    if (agreed) return answer(true);
    const size = megabytes(total(["python", "numpy", "sympy", "course"]));
    const more = known.sizes.matplotlib
      ? ` Figures take ${megabytes(known.sizes.matplotlib)} MB more, once one is drawn, and ${MEMORY[1]} MB of memory`
        + ` in all; SciPy takes ${megabytes(known.sizes.scipy)} MB, once a cell uses it.` : "";
    const where = fromFile ? "from this folder" : "from this site, once";
    const close = (yes) => {
      agreed = yes;
      if (yes) keep("agreed", "yes");
      dialog.close();
      dialog.remove();
      answer(yes);
    };
    const dialog = h("dialog", { class: "live-ask", "aria-labelledby": "live-ask-title" },
      h("h2", { id: "live-ask-title" }, "Run Python in this page?"),
      h("p", {}, `It takes ${size} MB ${where}, and about ${MEMORY[0]} MB of memory.${more} `
        + `Nothing that you write leaves this machine.${fromFile ? " In pages opened as files a cell cannot be stopped: what never ends, ends with the page." : ""}`),
      h("p", {}, "This was tried in Chromium and Firefox on a computer; an iPhone was not tried. Where memory "
        + "is short, the page says so, and the printed outputs stay."),
      h("p", { class: "live-buttons" }, button("Run", () => close(true), { autofocus: true }),
        button("Not now", () => close(false))));
    dialog.addEventListener("cancel", () => close(false));
    document.body.append(dialog);
    dialog.showModal();
  });

  // Cells.

  const cells = boxes.map((box, i) => {
    const cell = box.closest(".cell");
    const pre = box.querySelector("pre");
    const stored = [...cell.querySelectorAll(":scope > .cell_output")];
    return { box, i, cell, pre, stored, source: pre.textContent.replace(/^\n+|\n+$/g, "") };
  });
  const runs = cells.filter(({ i }) => !none.includes(i));
  const ran = new Set();
  const results = {};
  const STOPPED = "Stopped.";
  let busy = null;
  let era = 0; // what was asked for before a stop is not done

  const code = (cell) => (cell.text ? cell.text.value : cell.source);

  const grow = (text) => (text.rows = text.value.split("\n").length + 1);

  const edit = (cell, focus = true) => {
    if (cell.text) return cell.text.focus();
    cell.text = h("textarea", {
      class: "live-text", spellcheck: "false", autocapitalize: "off", autocomplete: "off",
      "aria-label": `Code of cell ${cell.i + 1}; Shift and Enter run it`,
      input: () => {
        grow(cell.text);
        keep(place(cell), cell.text.value);
      },
      keydown: (event) => {
        if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          press(cell.i);
        }
      },
    });
    cell.text.value = keep(place(cell)) ?? cell.source;
    grow(cell.text);
    cell.pre.closest(".highlight").parentElement.hidden = true;
    cell.box.prepend(cell.text);
    if (focus) cell.text.focus();
  };

  const restore = (cell) => {
    keep(place(cell), null);
    cell.text?.remove();
    cell.text = null;
    cell.pre.closest(".highlight").parentElement.hidden = false;
    cell.shown?.remove();
    cell.shown = null;
    for (const output of cell.stored) output.hidden = false;
  };

  // Outputs, looking as the printed ones do.

  const block = (kind, text) => h("div", { class: `output ${kind} highlight-myst-ansi notranslate` },
    h("div", { class: "highlight" }, h("pre", {}, text)));

  let katexLoaded = null;
  const formula = async (tex) => {
    await (katexLoaded ||= script(`${base}katex.min.js`));
    const plain = tex.replace(/^\$+(\\displaystyle)?\s*|\$+$/g, "");
    const roomy = plain.includes("\\frac") ? plain.replace(/\\\\/g, "\\\\[0.7em]") : plain;
    const box = h("div", { class: "formula", tabindex: "0" });
    const macros = { "\\arraystretch": "1.4" };
    box.innerHTML = katex.renderToString(roomy, { strict: "ignore", displayMode: true, throwOnError: false, macros });
    return h("div", { class: "output" }, h("div", { class: "equation" }, box));
  };

  const figure = (svg, alt) => {
    const [, width, height] = svg.match(/ width="(\d+)" height="(\d+)"/) || [];
    const src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    return h("div", { class: "output image_svg" }, h("img", { src, alt, width, height }));
  };

  const markdown = (text) => {
    const parts = text.split(/^```\w*\n([\s\S]*?)\n```$/m).map((part, k) => k % 2
      ? h("div", { class: "highlight" }, h("pre", {}, part)) : part.trim() && h("p", {}, part.trim()));
    return h("div", { class: "output text_markdown" }, ...parts.filter(Boolean));
  };

  const draw = async (result, alts = []) => {
    const nodes = result.printed ? [block("stream", result.printed)] : [];
    for (const mimes of result.shown) {
      if (mimes["image/svg+xml"]) {
        nodes.push(figure(mimes["image/svg+xml"], alts.shift() || "The figure that this cell draws."));
      } else if (mimes["text/latex"]) nodes.push(await formula(mimes["text/latex"]));
      else if (mimes["text/markdown"]) nodes.push(markdown(mimes["text/markdown"]));
      else nodes.push(block("text_plain", mimes["text/plain"]));
    }
    if (result.error) nodes.push(block("live-error", result.error));
    return nodes;
  };

  const show = async (cell, result) => {
    const alts = cell.stored.flatMap((output) => [...output.querySelectorAll("img")].map((e) => e.alt));
    const nodes = await draw(result, alts);
    cell.shown?.remove();
    cell.shown = h("div", { class: "cell_output docutils container live-output" }, ...nodes);
    for (const output of cell.stored) output.hidden = true;
    if (nodes.length) cell.cell.append(cell.shown);
  };

  const spoken = (cell, { printed, shown, error }) => {
    const what = [];
    if (error) return `Cell ${cell.i + 1} stopped: ${error.split("\n").pop()}`;
    if (printed) what.push(printed.length < 200 ? printed.trim() : `it printed ${printed.trim().split("\n").length} lines`);
    for (const mimes of shown)
      what.push(mimes["image/svg+xml"] ? "a figure" : /^[^\n]*$|^.{0,200}$/s.test(mimes["text/plain"]) ? mimes["text/plain"] : "a result");
    return `Cell ${cell.i + 1} ran${what.length ? `: ${what.join("; ")}` : ""}.`.replace("..", ".");
  };

  // Running.

  const MEMORY_FAILED = /memory|out of bounds|RangeError/i;
  const failed = (error) => {
    stop(MEMORY_FAILED.test(error.message)
      ? "There was not enough memory for Python in this page. The printed outputs stay as they are."
      : `Python in this page has failed (${error.message.trim().split("\n").pop()}). The printed outputs stay.`);
  };

  const ready = async () => {
    if (!(await ask())) return false;
    for (const cell of runs) offer(cell);
    if (!panel.isConnected) document.querySelector("article").append(panel);
    await call("boot", base, known.sizes);
    return true;
  };

  const execute = async (cell) => {
    const began = performance.now();
    const seconds = known.slow[cell.i];
    say(`Running cell ${cell.i + 1}.${seconds ? ` It takes about ${seconds} seconds.` : ""}`);
    const result = await call("run", code(cell), `cell ${cell.i + 1}`);
    ran.add(cell.i);
    results[cell.i] = { ...result, seconds: (performance.now() - began) / 1000 };
    return result;
  };

  /** One at a time: a press while another runs waits for it. */
  const inTurn = (job) => {
    const before = busy || Promise.resolve();
    const asked = era;
    document.body.classList.add("live-busy");
    const mine = before.then(() => {
      if (asked !== era) throw new Error(STOPPED);
      return job();
    }).catch((error) => {
      if (asked === era) failed(error);
      return { text: "", html: "", error: error.message };
    }).finally(() => {
      if (busy === mine) document.body.classList.remove("live-busy");
    });
    return (busy = mine);
  };

  /** Run quietly what comes before and has not run; tell the first that fails. Pictures wait. */
  const catchUp = async (isBefore, source) => {
    const before = runs.filter((other) => !ran.has(other.i) && isBefore(other));
    const first = before[0] && !ran.has(0) ? [before.shift()] : []; // its imports tell what draws
    for (const cell of first) await execute(cell);
    const wait = await call("pictures", [...before.map(code), source]);
    let trouble = "";
    for (const cell of before.filter((_, k) => !wait.includes(k))) {
      const { error } = await execute(cell);
      if (error) trouble ||= `Cell ${cell.i + 1}, which runs before, says: ${error.split("\n").pop()}`;
    }
    return trouble;
  };

  const warned = (cell) => {
    const seconds = runs.filter(({ i }) => i === cell.i || (i < cell.i && !ran.has(i)))
      .reduce((sum, { i }) => sum + (known.slow[i] || 0), 0);
    return !fromFile || seconds <= 5 || confirm(
      `This takes about ${seconds} seconds. In a page opened as a file it cannot be stopped, and the page waits. Run it?`);
  };

  const press = (i) => inTurn(async () => {
    const cell = cells[i];
    if (!(await ready()) || !warned(cell)) return;
    const trouble = await catchUp((other) => other.i < i, code(cell));
    const result = await execute(cell);
    await show(cell, result);
    say(trouble && result.error ? trouble : spoken(cell, result));
  });

  const runAll = () => inTurn(async () => {
    if (!(await ready()) || !warned(cells[runs[runs.length - 1].i])) return;
    let wrong = 0;
    for (const cell of runs) {
      const result = await execute(cell);
      await show(cell, result);
      if (result.error) wrong += 1;
    }
    say(`${runs.length - wrong} of ${runs.length} cells ran.${wrong ? ` ${wrong} gave an error.` : ""}`
      + (runs.length < cells.length ? ` ${cells.length - runs.length} cannot run here, and stay as printed.` : ""));
  });

  const forget = () => {
    ran.clear();
    for (const i of Object.keys(results)) delete results[i];
  };

  const reset = () => inTurn(async () => {
    const edited = runs.some((cell) => cell.text && cell.text.value !== cell.source);
    if (edited && !confirm("Set all cells back? What you wrote into them is lost.")) return;
    forget();
    runs.forEach(restore);
    await call("reset");
    say("The page is as it was printed. All variables are forgotten.");
  });

  const stop = (text) => {
    worker?.terminate();
    worker = null;
    era += 1;
    for (const { fail } of calls.values()) fail(new Error(STOPPED));
    calls.clear();
    busy = null;
    document.body.classList.remove("live-busy");
    forget();
    say(typeof text === "string" ? text : "Stopped. All variables are lost; the next run starts anew.");
  };

  /** Run a snippet after the cells before a place of the page; give what it printed and showed. */
  const run = (source, { before = null } = {}) => inTurn(async () => {
    if (!(await ready())) return { text: "", html: "", error: "Python was not started." };
    const precedes = (other) => before
      && other.box.compareDocumentPosition(before) & Node.DOCUMENT_POSITION_FOLLOWING;
    await catchUp(precedes, source);
    const result = await call("run", source, "snippet");
    const nodes = await draw(result);
    const text = result.printed + result.shown.map((mimes) => mimes["text/plain"]).join("\n");
    say("");
    return { text, html: nodes.map((node) => node.outerHTML).join(""), error: result.error };
  });

  // Controls.

  const panel = h("section", { class: "live-panel", "aria-label": "Python in this page" }, words,
    h("p", { class: "live-buttons" }, button("Run all", runAll), button("Reset", reset),
      ...(fromFile ? [] : [button("Stop", stop)])));

  const offer = (cell) => {
    if (cell.offered) return;
    cell.offered = true;
    const words = { "aria-label": `Edit cell ${cell.i + 1}` };
    cell.box.querySelector(".live-run").before(button("Edit", () => edit(cell), { ...words, class: "live-run live-edit" }));
  };

  for (const cell of runs) if (keep(place(cell)) !== null) edit(cell, false);

  return { press, run, runAll, reset, stop, edit: (i) => edit(cells[i]), results, cells, agree: () => (agreed = true) };
};
