/** The address of another machine in a line of strace, or a question for a name wherever it is sent; Unix sockets and loopback stay here. */
export function outsideOf(line: string): string | null {
  const address = /sin_addr=inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(line);
  const host = address?.[1] ?? address?.[2];
  if (host === undefined) return null;
  if (/sin6?_port=htons\(53\)/.test(line)) return `name server ${host}`;
  return host.startsWith('127.') || host === '::1' || host.startsWith('::ffff:127.') || host === '0.0.0.0' || host === '::' ? null : host;
}
