import { ApiError, toApiError, type Api } from './api.js';
import { UPLOAD } from './documents.js';
import { followAnalysis } from './follow-analysis.js';
import { formatBytes } from './format.js';
import { startAnalysis } from './start-analysis.js';
import type { AnalyzeChoices } from './types.js';

const AT_ONCE = 2;
/** Sent or in analysis together. The server works through its own queue; more would only be watched, not be faster. */
const UNDER_WAY_AT_ONCE = 8;

/** One file on its way. `fraction` (0–1) is of the phase: bytes sent, or windows analysed. */
export interface UploadItem {
  readonly key: number;
  readonly file: File;
  readonly choices: AnalyzeChoices;
  readonly phase: 'waiting' | 'uploading' | 'analysing' | 'done' | 'failed';
  readonly fraction: number;
  readonly recordingId: string | null;
  readonly note: string | null;
  readonly stop: AbortController;
}

/** Sends files two at a time, asks for their analysis and follows it. Lives outside the views, so that they may come and go. */
export class UploadQueue {
  #items: readonly UploadItem[] = [];
  #nextKey = 1;

  constructor(
    private readonly api: Api,
    private readonly maxBytes: number,
    /** The list of items changed. */
    private readonly onChange: (items: readonly UploadItem[]) => void,
    /** A recording is stored, or its analysis has ended. */
    private readonly onRecording: (recordingId: string, fact: 'stored' | 'analysed') => void,
  ) {}

  add(files: Iterable<File>, choices: AnalyzeChoices): void {
    const added = Array.from(files, (file): UploadItem => {
      const refusal = file.size === 0
        ? 'This file is empty. Choose one with sound in it.'
        : file.size > this.maxBytes
          ? `This file has ${formatBytes(file.size)}; the server accepts up to ${formatBytes(this.maxBytes)}. Cut or compress it.`
          : null;
      return { key: this.#nextKey++, file, choices, phase: refusal ? 'failed' : 'waiting', fraction: 0, recordingId: null, note: refusal, stop: new AbortController() };
    });
    this.#set([...added, ...this.#items]);
    this.#pump();
  }

  retry(key: number): void {
    this.#update(key, { phase: 'waiting', fraction: 0, note: null, stop: new AbortController() });
    this.#pump();
  }

  /** Takes the item off the list; one that is still being sent is broken off. An analysis that has begun goes on. */
  dismiss(key: number): void {
    this.#items.find((item) => item.key === key)?.stop.abort();
    this.#set(this.#items.filter((item) => item.key !== key));
  }

  close(): void {
    for (const item of this.#items) item.stop.abort();
    this.#items = [];
  }

  #pump(): void {
    const sending = this.#items.filter((item) => item.phase === 'uploading').length;
    const waiting = this.#items.filter((item) => item.phase === 'waiting').reverse();
    const analysing = this.#items.filter((item) => item.phase === 'analysing').length;
    const room = Math.min(AT_ONCE - sending, UNDER_WAY_AT_ONCE - sending - analysing);
    for (const item of waiting.slice(0, Math.max(0, room))) {
      this.#update(item.key, { phase: 'uploading' });
      void this.#send(item);
    }
  }

  async #send(item: UploadItem): Promise<void> {
    const { key, file } = item;
    const { signal } = item.stop;
    try {
      const { uploadRecording: stored } = await this.api.upload(UPLOAD, { file: null }, file, (fraction) => this.#update(key, { fraction }), signal);
      if (stored.id === undefined) throw new ApiError(stored.code ?? 'BAD_ANSWER', stored.message ?? 'The server did not take the file.');
      const recordingId = stored.id;
      const earlier = stored.duplicate && stored.latestAnalysis && stored.latestAnalysis.status !== 'FAILED' && stored.latestAnalysis.status !== 'CANCELLED' ? stored.latestAnalysis.id : null;
      const note = stored.duplicate ? 'The same recording was here already.' : null;
      this.#update(key, { phase: 'analysing', fraction: 0, recordingId, note });
      this.#pump();
      const analysisId = earlier ?? (await startAnalysis(this.api, recordingId, item.choices, signal));
      this.onRecording(recordingId, 'stored');
      const ended = await followAnalysis(this.api, analysisId, ({ progress }) => this.#update(key, { fraction: progress }), signal);
      if (ended === 'SUCCEEDED') this.#update(key, { phase: 'done', fraction: 1 });
      else this.#update(key, { phase: 'failed', note: ended === 'FAILED' ? 'The analysis failed. Open the recording for the reason.' : 'The analysis was cancelled.' });
      this.onRecording(recordingId, 'analysed');
    } catch (error) {
      if (!signal.aborted) this.#update(key, { phase: 'failed', note: toApiError(error).message });
    } finally {
      this.#pump();
    }
  }

  #update(key: number, change: Partial<UploadItem>): void {
    this.#set(this.#items.map((item) => (item.key === key ? { ...item, ...change } : item)));
  }

  #set(items: readonly UploadItem[]): void {
    this.#items = items;
    this.onChange(items);
  }
}
