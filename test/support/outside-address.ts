/** The address of another machine in a line of strace, or a question for a name wherever it is sent; Unix sockets and loopback stay here. */
export function outsideOf(line: string): string | null {
  const address = /sin_addr=inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(line);
  const host = address?.[1] ?? address?.[2];
  if (host === undefined) return null;
  if (/sin6?_port=htons\(53\)/.test(line)) return `name server ${host}`;
  return host.startsWith('127.') || host === '::1' || host.startsWith('::ffff:127.') || host === '0.0.0.0' || host === '::' ? null : host;
}

/** A question to a name server as strace writes its bytes: flags "recursion desired", one question, then the labels of the name. */
const QUESTION = /"[^"]*?\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0((?:[^"\\]|\\.)+)"/;
const LETTERS: Readonly<Record<string, string>> = { t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' };

/** The name that a line of strace asks a name server for, or null. */
export function askedName(line: string): string | null {
  const written = QUESTION.exec(line)?.[1];
  if (written === undefined) return null;
  const bytes = written.replace(/\\([0-7]{1,3}|.)/g, (_, escaped: string) => (/^[0-7]/.test(escaped) ? String.fromCharCode(parseInt(escaped, 8)) : (LETTERS[escaped] ?? escaped)));
  const labels: string[] = [];
  for (let at = 0; at < bytes.length && bytes.charCodeAt(at) > 0; at += 1 + bytes.charCodeAt(at)) labels.push(bytes.slice(at + 1, at + 1 + bytes.charCodeAt(at)));
  return labels.join('.').toLowerCase();
}
