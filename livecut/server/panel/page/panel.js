// The page: what the outputs show, the privacy switch, and the form.

import { ask } from "./ask.js";
import { draw } from "./form.js";
import { drawPresets } from "./presets.js";
import { PATIENCE_MS, View, wait } from "./view.js";

const LOOK_MS = 1000;

const $ = (id) => document.getElementById(id);
const [notice, status, privacy] = [$("notice"), $("status"), $("privacy")];
const view = new View($("picture"), $("instead"));

let showValues = () => {};
let showPreset = () => {};
let isPrivate = false;
let refusal = ""; // of what was asked for last
let fault = ""; // since the last look
let seen = null;

function show(state) {
  fault = seen !== null && state.faults > seen.faults ? state.fault : "";
  seen = state;
  setLost(null);
  isPrivate = state.private;
  privacy.dataset.on = String(isPrivate);
  privacy.textContent = isPrivate ? "Hidden: show me again" : "Hide me";
  $("keep").disabled = !state.unkept;
  if (state.unkept) $("kept").textContent = "";
  showValues(state.values);
  showPreset(state.preset);
  const rate = (value) => value.toFixed(1);
  const lines = {
    Output: `${rate(state.fps.out)} pictures/s, ${rate(state.fps.new)} of them new, ${state.size}`,
    Age: state.age_ms.p95 ? `${state.age_ms.p50.toFixed(0)} ms, 95 of 100 under ${state.age_ms.p95.toFixed(0)} ms` : "",
    Network: state.network,
    Source: `${state.source}, ${rate(state.fps.in)} frames/s, ${state.dropped} dropped`,
    Outputs: state.outputs.join(", "),
    Quality: state.quality.replace(/^quality /, ""),
  };
  const parts = Object.entries(lines).filter(([, text]) => text).flatMap(([name, text]) => {
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    told.textContent = text;
    return [term, told];
  });
  status.replaceChildren(...parts);
  tell();
}

function room() {
  if (!seen.room) return "";
  return seen.private
    ? "The raw picture is chosen: everybody will see your room when you show yourself again."
    : "The raw picture is shown: everybody sees your room.";
}

// While livecut does not answer nothing here is live: no picture, no number, nothing to press. The page goes on asking.
// Where it only hangs, the wish to be hidden can still be left with it.
function setLost(words, hangs = false) {
  const isLost = words !== null;
  for (const control of [$("controls"), $("still")]) control.disabled = isLost;
  privacy.disabled = isLost && !hangs;
  document.title = isLost ? `livecut: ${words[0]}` : "livecut";
  if (!isLost) return view.found();
  view.lose(...words);
  status.replaceChildren();
  $("raw").close();
  refusal = "";
  return tell();
}

function whyLost({ status: code, message, answer = {} }) {
  if (code === 401) {
    const said = message || "this address is not known";
    return ["Another run, another address", `${said[0].toUpperCase()}${said.slice(1)}: each run has its own.`];
  }
  if (code !== 0) return ["livecut is in trouble", message || `It answered ${code}.`];
  return answer.hangs
    ? ["livecut does not answer",
      "It hangs, or the machine is very busy. The page goes on by itself once it answers; \"Hide me\" is done then, too."]
    : ["The filter has ended",
      "livecut answers no more. A new run prints a new address; should this one answer again, the page goes on by itself."];
}

function lose(error) {
  setLost(whyLost(error), Boolean(error.answer?.hangs));
}

// Nobody answered, or somebody else: no fault of what was asked for.
function isLoss(error) {
  const isOne = error.status === 0 || error.status === 401;
  if (isOne) lose(error);
  return isOne;
}

function tell() {
  const told = [refusal];
  if (seen !== null && !view.isLost) {
    told.push(
      room(),
      fault ? `Hidden for a moment: ${fault}` : "",
      seen.instead,
      seen.ended_outputs.length ? `An output ended: ${seen.ended_outputs.join(", ")}` : "",
    );
  }
  const text = told.filter(Boolean).join(" ");
  if (notice.textContent !== text) notice.textContent = text;
  notice.hidden = !text;
}

// What somebody asked for: what goes wrong is told until the next thing that goes well.
async function act(work) {
  try {
    const result = await work();
    refusal = "";
    return result;
  } catch (error) {
    if (!isLoss(error)) refusal = error.message;
    throw error;
  } finally {
    tell();
  }
}

const stateOf = async (path, options) => {
  const state = await ask(path, options);
  show(state);
  return state;
};

async function isMeant() {
  const dialog = $("raw");
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((done) => { dialog.addEventListener("close", done, { once: true }); });
  return dialog.returnValue === "yes";
}

// Networks and kernels may take long to be ready, the first time up to a minute.
async function patiently(work) {
  const told = setTimeout(() => {
    $("working").textContent = "The change is being prepared; until then the picture stays as it is.";
  }, LOOK_MS);
  try {
    return await work;
  } finally {
    clearTimeout(told);
    $("working").textContent = "";
  }
}

// Asks first where the raw picture would be shown.
async function apply(path, method, body) {
  const send = (raw) => patiently(stateOf(path, { method, body: { ...body, raw } }));
  try {
    await send(false);
  } catch (error) {
    if (error.status !== 409) throw error;
    if (await isMeant()) await send(true);
  }
}

// Changes go out one after the other; of a slider's many, and of presets, only the latest.
const waiting = new Map();
let working = false;

function queue(name, send) {
  return new Promise((done, failed) => {
    waiting.get(name)?.done();
    waiting.delete(name);
    waiting.set(name, { send, done, failed });
    work();
  });
}

function change(path, value) {
  const patch = path.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);
  return queue(path, () => apply("/api/settings", "PATCH", { patch })).catch((error) => {
    if (!isLoss(error)) throw error;
  });
}

function choosePreset(name) {
  return act(() => queue("presets", () => apply("/api/preset", "PUT", { name })));
}

async function work() {
  if (working) return;
  working = true;
  while (waiting.size) {
    const [name, job] = waiting.entries().next().value;
    waiting.delete(name);
    await job.send().then(job.done, job.failed);
  }
  working = false;
}

function save(blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `livecut-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
}

privacy.addEventListener("click", () => {
  act(() => stateOf("/api/privacy", { method: "PUT", body: { on: !isPrivate } })).catch(() => {});
});
$("still").addEventListener("click", () => {
  act(async () => save(await ask("/api/still", { read: (answer) => answer.blob() }))).catch(() => {});
});
$("keep").addEventListener("click", () => {
  act(async () => {
    const state = await stateOf("/api/keep", { method: "POST" });
    $("kept").textContent = `Kept in ${state.file}`;
  }).catch(() => {});
});
$("form").addEventListener("submit", (event) => event.preventDefault());

async function watchState() {
  for (;;) {
    try {
      if (!document.hidden) await stateOf("/api/state", { patience: PATIENCE_MS });
    } catch (error) {
      lose(error);
    }
    await wait(LOOK_MS);
  }
}

async function start() {
  let form = null;
  while (form === null) {
    try {
      form = await ask("/api/form");
    } catch (error) {
      lose(error);
      await wait(LOOK_MS);
    }
  }
  showPreset = drawPresets(form.presets, $("presets"), choosePreset);
  const choose = (name) => act(() => change("effect.name", name));
  showValues = draw(form.fields, { groups: $("groups"), effects: document.querySelector(".effects"), change, choose });
  watchState();
  view.watch();
}

start();
