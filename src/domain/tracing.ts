export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly attributes?: SpanAttributes;
  /** A W3C `traceparent` that another process gave; left out: the span that is active here. */
  readonly parent?: string | null | undefined;
  readonly kind?: 'server' | 'producer' | 'consumer' | 'internal';
}

export interface OpenSpan {
  /** Hex; null where nothing is traced. */
  readonly traceId: string | null;
  /** Runs `work` with this span as the active one, whatever it awaits. */
  within<T>(work: () => T): T;
  set(attributes: SpanAttributes): void;
  /** Once; with the code of the failure if it failed. */
  end(failureCode?: string | null): void;
}

/** Spans of one process. Attributes hold ids, numbers and names that the schema knows: never names of files or people. */
export interface Tracing {
  begin(name: string, options?: SpanOptions): OpenSpan;
  /** A span that somebody else has measured, under the active one. */
  record(name: string, startedAtMs: number, endedAtMs: number, attributes: SpanAttributes): void;
  /** `traceparent` of the active span, for another process; null where nothing is traced. */
  current(): string | null;
  /** Sends what waits and ends. */
  stop(): Promise<void>;
}

const NO_SPAN: OpenSpan = { traceId: null, within: (work) => work(), set: () => undefined, end: () => undefined };

/** Tracing that is off: costs a call. */
export const NO_TRACING: Tracing = { begin: () => NO_SPAN, record: () => undefined, current: () => null, stop: () => Promise.resolve() };

/** Runs `work` inside a span that ends with it. */
export async function traced<T>(tracing: Tracing, name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
  const span = tracing.begin(name, options);
  try {
    const result = await span.within(() => work(span));
    span.end();
    return result;
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    span.end(typeof code === 'string' ? code : 'INTERNAL');
    throw error;
  }
}
