import { createClient, type Client } from 'graphql-ws/client';
import type { Operation } from './operation.js';

const PATH = '/graphql';

/** A failure in words that can be shown. `code` is one of the server's error codes, or UNREACHABLE, CANCELLED, BAD_ANSWER. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(readonly code: string, message: string, readonly retryAfterMs: number | null = null) {
    super(message);
  }
}

const UNREACHABLE = 'Undertone cannot be reached. Check that the server runs and that you are online, then try again.';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string; readonly retryAfterMs?: number } }[];
}

/** Everything the page says to the server goes through here: queries, mutations, uploads with progress, subscriptions. */
export class Api {
  readonly #csrfToken: string;
  readonly #onRefused: () => void;
  readonly #onReconnected = new Set<() => void>();
  #socket: Client | null = null;

  /** `onRefused` is called when the server no longer knows the session. */
  constructor(csrfToken: string, onRefused: () => void) {
    this.#csrfToken = csrfToken;
    this.#onRefused = onRefused;
  }

  async run<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables, signal?: AbortSignal): Promise<Result> {
    let response: Response;
    try {
      response = await fetch(PATH, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': this.#csrfToken },
        body: JSON.stringify({ query: operation.text, variables }),
        ...(signal ? { signal } : {}),
      });
    } catch {
      if (signal?.aborted) throw new ApiError('CANCELLED', 'Cancelled.');
      throw new ApiError('UNREACHABLE', UNREACHABLE);
    }
    return this.#unpack(response.status, await response.text()) as Result;
  }

  /** Multipart as the GraphQL multipart request specification has it. XMLHttpRequest, because fetch reports no upload progress. */
  upload<Result, Variables extends { file: null }>(
    operation: Operation<Result, Variables>, variables: Variables, file: File, onSent: (fraction: number) => void, signal: AbortSignal,
  ): Promise<Result> {
    const form = new FormData();
    form.append('operations', JSON.stringify({ query: operation.text, variables }));
    form.append('map', JSON.stringify({ 0: ['variables.file'] }));
    form.append('0', file, file.name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const abort = (): void => request.abort();
      signal.addEventListener('abort', abort, { once: true });
      request.upload.onprogress = (event) => {
        if (event.lengthComputable && event.total > 0) onSent(event.loaded / event.total);
      };
      request.onload = () => {
        try {
          resolve(this.#unpack(request.status, request.responseText) as Result);
        } catch (error) {
          reject(error instanceof Error ? error : new ApiError('BAD_ANSWER', String(error)));
        }
      };
      request.onerror = () => reject(new ApiError('UNREACHABLE', 'The connection broke off during the upload. Nothing was stored; try again.'));
      request.onabort = () => reject(new ApiError('CANCELLED', 'The upload was cancelled.'));
      request.onloadend = () => signal.removeEventListener('abort', abort);
      request.open('POST', PATH);
      request.setRequestHeader('x-csrf-token', this.#csrfToken);
      request.setRequestHeader('apollo-require-preflight', 'true');
      request.send(form);
    });
  }

  /** Returns the function that ends the subscription. `onEnd` gets the error, or null at a regular end. */
  subscribe<Result, Variables extends Record<string, unknown>>(
    operation: Operation<Result, Variables>, variables: Variables, onNext: (result: Result) => void, onEnd: (error: unknown) => void,
  ): () => void {
    this.#socket ??= createClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${PATH}`,
      lazy: true,
      retryAttempts: 2,
      on: { connected: (_socket, _payload, wasRetry) => { if (wasRetry) for (const tell of this.#onReconnected) tell(); } },
    });
    return this.#socket.subscribe<Result>({ query: operation.text, variables }, {
      next: (event) => {
        if (event.data) onNext(event.data);
        else onEnd(event.errors);
      },
      error: (error) => onEnd(error ?? new ApiError('UNREACHABLE', UNREACHABLE)),
      complete: () => onEnd(null),
    });
  }

  /** Tells when the connection of the subscriptions was lost and is back: what happened meanwhile was not heard. Returns the function that stops it. */
  onReconnected(tell: () => void): () => void {
    this.#onReconnected.add(tell);
    return () => this.#onReconnected.delete(tell);
  }

  close(): void {
    void this.#socket?.dispose();
    this.#socket = null;
  }

  #unpack(status: number, text: string): unknown {
    let answer: Answer;
    try {
      answer = JSON.parse(text) as Answer;
    } catch {
      throw new ApiError('BAD_ANSWER', status === 413 ? 'The file is larger than the server accepts.' : `The server gave an answer that is not GraphQL (HTTP ${status}). Try again in a moment.`);
    }
    const [error] = answer.errors ?? [];
    const code = error?.extensions?.code ?? (status === 401 ? 'UNAUTHENTICATED' : 'BAD_ANSWER');
    if (code === 'UNAUTHENTICATED') this.#onRefused();
    if (error) throw new ApiError(code, error.message, error.extensions?.retryAfterMs ?? null);
    if (answer.data === undefined || answer.data === null) throw new ApiError(code, `The server gave no data (HTTP ${status}).`);
    return answer.data;
  }
}

/** Any thrown thing, as an ApiError. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('PAGE', error instanceof Error ? error.message : String(error));
}
