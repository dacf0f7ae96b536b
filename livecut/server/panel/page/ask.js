// What the page asks of livecut, always with the token of the address it was opened by.

const NAME = "livecut-token";

// Out of the address at once: a shared screen or a saved address must not hand the panel on.
function takeToken() {
  if (location.hash.length <= 1) return false;
  sessionStorage.setItem(NAME, location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  return true;
}

takeToken();
// The address of a filter started anew on the same port, opened where the page is: to a browser that is no new page.
addEventListener("hashchange", () => { if (takeToken()) location.reload(); });

// An answer that is no success; `answer` is what it says, `status` 0 where nobody answered.
export class Refused extends Error {
  constructor(status, answer) {
    super([answer.message, answer.hint].filter(Boolean).join("; "));
    this.status = status;
    this.answer = answer;
  }
}

// Who waits for no more than `patience` ms is told with `hangs` that somebody is there and says nothing. `read` is what is
// taken of an answer: it may break off in the middle, too.
export async function ask(path, { method = "GET", body, patience, read = (answer) => answer.json() } = {}) {
  try {
    const answer = await fetch(path, {
      method,
      headers: { authorization: `Bearer ${sessionStorage.getItem(NAME) ?? ""}` },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: patience === undefined ? undefined : AbortSignal.timeout(patience),
    });
    if (answer.ok) return await read(answer);
    throw new Refused(answer.status, await answer.json().catch(() => ({ message: `livecut answered ${answer.status}` })));
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(0, { message: "livecut does not answer", hangs: error.name === "TimeoutError" });
  }
}
