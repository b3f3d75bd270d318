/** The URL of a real PostgreSQL with pgvector. Fails the file, by name, where there is none: a suite that is silently left out proves nothing. */
export function needsServer(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('This suite needs a PostgreSQL server: TEST_DATABASE_URL="$(scripts/postgres-chroot.sh start)"');
  return url;
}
