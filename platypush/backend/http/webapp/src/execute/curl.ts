/** The same call as a line for a shell; the token is a variable, so that it is in no history. */
export function curlLine(origin: string, action: string, args: Record<string, unknown>): string {
  const body = JSON.stringify({ type: "request", action, args }).replace(/'/g, "'\\''");
  return [
    "curl -XPOST",
    `-H "Authorization: Bearer $TOKEN"`,
    "-H 'Content-Type: application/json'",
    `-d '${body}'`,
    `${origin}/execute`,
  ].join(" ");
}
