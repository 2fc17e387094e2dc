/** What the hub answers, over HTTP. The session's cookie goes along by itself; scripts never see it. */

/** A failure with the hub's own words. `code` is stable and for programs. */
export class HubError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status = 0,
    readonly details: Record<string, unknown> = {},
    /** Seconds that the hub asks to wait before the next try. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = "HubError";
  }
}

/** The hub cannot be reached at all. */
export const UNREACHABLE = "unreachable";

export interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
}

type Listener = () => void;
const signedOut = new Set<Listener>();
let signIns = 0;

/** Says that somebody has signed in: what was asked before that may still be refused, and means nothing any more. */
export function signedIn(): void {
  signIns += 1;
}

/** Calls back when an answer says that the session is over. Gives what ends that. */
export function onSignedOut(listener: Listener): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

/** Sends one request and gives the decoded answer. Throws HubError, or AbortError when `signal` says so. */
export async function request<T>(path: string, { method = "GET", body, signal }: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  let response: Response;
  let text: string;
  const asked = signIns;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ?? null,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    throw new HubError("The hub cannot be reached.", UNREACHABLE);
  }
  const data = decode(text);
  if (response.ok) {
    return data as T;
  }
  if (response.status === 401 && path !== "/auth" && asked === signIns) {
    signedOut.forEach((listener) => listener());
  }
  throw failure(response, data);
}

/** Runs an action and gives its output. Throws HubError with the reason. */
export async function run<T = unknown>(
  action: string,
  args: Record<string, unknown> = {},
  options: Pick<Options, "signal"> = {},
): Promise<T> {
  const { output, errors } = await runPartly<T>(action, args, options);
  if (errors.length) {
    throw new HubError(errors.join("\n"), "action_failed", 200, { action, args });
  }
  return output as T;
}

/** Runs an action that may succeed in part: a calendar of several that cannot be read is in `errors`. */
export async function runPartly<T = unknown>(
  action: string,
  args: Record<string, unknown> = {},
  options: Pick<Options, "signal"> = {},
): Promise<{ output: T | null; errors: string[] }> {
  const { response } = await request<{ response: { output: T | null; errors: string[] } }>("/execute", {
    ...options,
    method: "POST",
    body: { type: "request", action, args },
  });
  return response;
}

function decode(text: string): unknown {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    // A server in front answered with a page of its own.
    return {};
  }
}

function failure(response: Response, data: unknown): HubError {
  const error = (data as { error?: Partial<Record<"message" | "code", string>> & { details?: object } }).error;
  return new HubError(
    error?.message ?? `${response.status} ${response.statusText}`.trim(),
    error?.code ?? `http_${response.status}`,
    response.status,
    (error?.details ?? {}) as Record<string, unknown>,
    Number(response.headers.get("Retry-After")) || null,
  );
}
