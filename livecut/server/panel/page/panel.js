// The page: what the outputs show, the privacy switch, and the form.

import { ask } from "./ask.js";
import { draw } from "./form.js";
import { drawPresets } from "./presets.js";

const LOOK_MS = 1000;
const AGAIN_MS = 3000;
const PICTURE_MS = 66;

const $ = (id) => document.getElementById(id);
const [picture, notice, status, privacy] = [$("picture"), $("notice"), $("status"), $("privacy")];
const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

let showValues = () => {};
let showPreset = () => {};
let isPrivate = false;
let refusal = ""; // of what was asked for last
let lost = ""; // while livecut does not answer
let fault = ""; // since the last look
let seen = null;

function show(state) {
  fault = seen !== null && state.faults > seen.faults ? state.fault : "";
  seen = state;
  lost = "";
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

function tell() {
  const told = [lost, refusal];
  if (seen !== null && !lost) {
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
    refusal = error.message;
    throw error;
  } finally {
    tell();
  }
}

const stateOf = async (path, options) => {
  const state = await (await ask(path, options)).json();
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
  return queue(path, () => apply("/api/settings", "PATCH", { patch }));
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
  act(async () => save(await (await ask("/api/still")).blob())).catch(() => {});
});
$("keep").addEventListener("click", () => {
  act(async () => {
    const state = await stateOf("/api/keep", { method: "POST" });
    $("kept").textContent = `Kept in ${state.file}`;
  }).catch(() => {});
});
$("form").addEventListener("submit", (event) => event.preventDefault());

async function watchPictures() {
  const canvas = picture.getContext("2d");
  for (;;) {
    const began = performance.now();
    try {
      if (document.hidden) throw new Error("nobody looks");
      const answer = await ask("/api/picture");
      if (answer.status === 200) {
        const image = await createImageBitmap(await answer.blob());
        if (picture.width !== image.width || picture.height !== image.height) {
          [picture.width, picture.height] = [image.width, image.height];
        }
        canvas.drawImage(image, 0, 0);
        image.close();
      }
      await wait(Math.max(0, PICTURE_MS - (performance.now() - began)));
    } catch {
      await wait(LOOK_MS);
    }
  }
}

async function watchState() {
  for (;;) {
    let pause = LOOK_MS;
    try {
      if (!document.hidden) await stateOf("/api/state");
    } catch (error) {
      lost = error.message;
      tell();
      pause = AGAIN_MS;
    }
    await wait(pause);
  }
}

async function start() {
  let form;
  try {
    form = await (await ask("/api/form")).json();
  } catch (error) {
    lost = error.message;
    tell();
    return;
  }
  showPreset = drawPresets(form.presets, $("presets"), choosePreset);
  const choose = (name) => act(() => change("effect.name", name));
  showValues = draw(form.fields, { groups: $("groups"), effects: document.querySelector(".effects"), change, choose });
  watchState();
  watchPictures();
}

start();
