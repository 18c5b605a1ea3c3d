// Asks HQ's reading API and listens to its live feed; what went wrong comes back as one of three words.

export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}
async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  const said = await response.json().catch(() => ({}));
  throw new Refused(response.status, said.code ?? "refused");
}
export const ask = async (path) => answer(await fetch(path, { headers: { accept: "application/json" } }));
const send = async (method, path, body) =>
  answer(await fetch(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }));
export const postFile = async (path, file, type) => answer(await fetch(path, { method: "POST", headers: { "content-type": type }, body: file }));
export const post = (path, body) => send("POST", path, body);
export const signIn = (given) => post("/v1/session", given);
export const signOut = () => send("DELETE", "/v1/session", {});

// Calls `onSale` for each new sale, `onMany` after a flood, `onLink(true|false)` when the line comes and goes.
export function listen(after, { onSale, onMany, onLink }) {
  const source = new EventSource(`/v1/live?after=${encodeURIComponent(after)}`);
  source.addEventListener("sale", (event) => onSale(JSON.parse(event.data)));
  source.addEventListener("many", () => onMany());
  source.addEventListener("open", () => onLink(true));
  source.addEventListener("error", () => onLink(false));
  return source;
}
