/* Python in a page: Pyodide, from files of this book alone. It runs in a worker or, where a page is
   opened as a file and may have none, in the page. Its part in Python is kernel.py. */
self.diceKernel = (() => {
  "use strict";

  const files = new Map(); // what the packs have brought, by name
  const scripts = {}; // packs that came as scripts
  const fromFile = location.protocol === "file:";
  let base = ""; // where the packs lie
  let tell = () => {};
  let python = null;
  let booting = null;

  self.diceLivePack = (name, text) => (scripts[name] = text);

  const load = (address) => {
    if (self.importScripts) return importScripts(address);
    return new Promise((done, fail) => {
      const script = Object.assign(document.createElement("script"), { src: address, onload: done });
      script.onerror = () => fail(new Error(`no ${address}`));
      document.head.append(script);
    });
  };

  /** A pack as it is packed: bytes, or a script that holds them where bytes may not be read. */
  const read = async (name, arrived) => {
    const response = fromFile ? null : await fetch(`${base}${name}.bin`);
    if (response?.ok) {
      const parts = [];
      const reader = response.body.getReader();
      for (let part; !(part = await reader.read()).done; arrived(part.value.length))
        parts.push(part.value);
      return new Blob(parts);
    }
    await load(`${base}${name}.js`);
    const bytes = Uint8Array.from(atob(scripts[name]), (letter) => letter.charCodeAt(0));
    delete scripts[name];
    arrived(bytes.length);
    return new Blob([bytes]);
  };

  /** Unpack: the length of a list of names and sizes, the list, and the files. */
  const unpack = async (blob) => {
    const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    let place = 4 + new DataView(bytes.buffer).getUint32(0, true);
    const list = JSON.parse(new TextDecoder().decode(bytes.subarray(4, place)));
    for (const [name, size] of list) files.set(name, bytes.subarray(place, (place += size)));
    return list.map(([name]) => name);
  };

  const fetchPacks = async (names, sizes) => {
    let got = 0;
    const all = names.reduce((sum, name) => sum + (sizes[name] || 0), 0);
    const arrived = (count) => tell({ got: (got += count), all });
    return (await Promise.all(names.map((name) => read(name, arrived).then(unpack)))).flat();
  };

  const type = (name) => (name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream");

  /** Have Pyodide find its files among those of the packs. */
  const answerFromPacks = () => {
    const outside = self.fetch.bind(self);
    self.fetch = (address, options) => {
      const name = String(address.url || address).split("/").pop();
      if (!files.has(name)) return outside(address, options);
      const answer = new Response(files.get(name), { headers: { "Content-Type": type(name) } });
      files.delete(name);
      return Promise.resolve(answer);
    };
  };

  const runScript = async (name) => {
    const address = URL.createObjectURL(new Blob([files.get(name)], { type: "text/javascript" }));
    await load(address);
    URL.revokeObjectURL(address);
    files.delete(name);
  };

  let lock = {};
  let sizes = {};

  /** Give Python the libraries of packs that have come. */
  const install = async (names) => {
    for (const name of names.filter((name) => /^(sympy|course|data)\.zip$/.test(name))) {
      python.FS.writeFile(`/lib/${name}`, files.get(name));
      files.delete(name);
      if (name !== "sympy.zip")
        python.runPython(`import zipfile; zipfile.ZipFile("/lib/${name}").extractall("/book")`);
    }
    const wanted = Object.values(lock.packages).filter((item) => names.includes(item.file_name));
    const quiet = { messageCallback: () => {}, checkIntegrity: false }; // checked when they were made
    await python.loadPackage(wanted.map((item) => item.name), quiet);
  };

  const begin = async (address, known, announce) => {
    [base, sizes, tell] = [address, known, announce || tell];
    const names = await fetchPacks(["python", "numpy", "sympy", "course"], sizes);
    lock = JSON.parse(new TextDecoder().decode(files.get("pyodide-lock.json")));
    tell({ starting: true });
    answerFromPacks();
    await runScript("pyodide.asm.js");
    await runScript("pyodide.js");
    const quiet = { stdout: () => {}, stderr: () => {} };
    python = await loadPyodide({ indexURL: base, ...quiet });
    await install(names);
    python.runPython(`
import os, sys
os.environ["MPLBACKEND"] = "agg"
sys.path[:0] = ["/book", "/lib/sympy.zip"]
os.chdir("/book/notebooks")
import kernel`);
  };

  const call = (name, ...values) => python.pyimport("kernel")[name](...values);

  /** Start Python once. */
  const boot = (...values) => (booting ||= begin(...values));

  const bring = async (pack) => {
    tell({ pack });
    await install(await fetchPacks([pack], sizes));
    call("arrived", pack);
  };

  /** Run a cell, after fetching what it needs; what a function in it needs comes out as it runs. */
  const run = async (source, name) => {
    const there = (pack) => pack in sizes; // else no page has it, and the cell says so
    for (const pack of JSON.parse(call("needs", source)).filter(there)) await bring(pack);
    tell({ running: name });
    const result = JSON.parse(call("run", source, name));
    if (!there(result.lacks)) return result.lacks ? { ...result, ...LOST(result.lacks) } : result;
    await bring(result.lacks);
    return run(source, name);
  };
  const LOST = (pack) => ({ printed: "", shown: [], error: `This needs ${pack}, which the page does not have.` });

  const pictures = (sources) => JSON.parse(call("pictures", JSON.stringify(sources)));
  const reset = () => call("reset");

  return { boot, run, pictures, reset };
})();
