/* The kernel in a worker: what the page calls comes as a message, and so does the answer. */
importScripts("kernel.js");
onmessage = async ({ data: { id, name, values } }) => {
  const tell = (news) => postMessage({ news });
  try {
    if (name === "boot") values.push(tell);
    postMessage({ id, value: await self.diceKernel[name](...values) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
};
