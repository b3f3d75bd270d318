/** Notes what an answer holds, where it holds anything, and hands it on. */
export async function noting<T>(answer: Promise<T>, note: (given: NonNullable<T>) => void): Promise<T> {
  const given = await answer;
  if (given !== null && given !== undefined) note(given);
  return given;
}

/** Each as it is handed on. */
export async function* notingEach<T>(source: AsyncIterable<T>, note: (given: T) => void): AsyncGenerator<T> {
  for await (const given of source) {
    note(given);
    yield given;
  }
}
