import type { CliRuntime, CliServices } from './cli-runtime.js';

/** Opens the use cases on the database for the length of `work`. */
export async function withServices(runtime: CliRuntime, work: (opened: CliServices) => Promise<number>): Promise<number> {
  const opened = await runtime.openServices();
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
