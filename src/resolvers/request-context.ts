import type { Principal } from '../domain/principal.js';
import type { Settings } from '../domain/settings.js';
import type { Services } from '../services/service-contracts.js';
import { createLoaders, type Loaders } from './loaders.js';

/** What the platform says about itself; fixed at start. */
export interface ApiFacts {
  readonly version: string;
  /** Container and codec names that the decoder accepts, for people. */
  readonly audioFormats: readonly string[];
  /** Asked at each request: a model that was pulled is there at once. */
  readonly diarization: () => DiarizationFacts;
  readonly transcription: () => TranscriptionFacts;
  /** The limits of the edge (`queryDepth`, `operationsPerSocket` …), for `capabilities.limits`. */
  readonly limits: readonly { readonly name: string; readonly value: number; readonly unit: string }[];
}

export interface DiarizationFacts {
  readonly isAvailable: boolean;
  /** Which diarizer. */
  readonly diarizer: string | null;
  /** Why it is not available and what to do. */
  readonly reason: string | null;
}

export interface TranscriptionFacts {
  /** Which one writes down what is said. */
  readonly transcriber: string | null;
  /** Why nobody does and what to do. */
  readonly reason: string | null;
  readonly transcribers: readonly { readonly id: string; readonly problem: string | null; readonly isChosen: boolean }[];
  /** Languages that words are compared with the voice in. */
  readonly languages: readonly string[];
}

/** What resolvers get: who asks, the services, and loaders that live for one request. */
export interface RequestContext {
  readonly principal: Principal;
  readonly services: Services;
  readonly settings: Pick<Settings, 'maxPageSize' | 'maxUploadBytes' | 'maxAudioSeconds' | 'maxRawSeconds' | 'maxAudioChannels' | 'minSampleRateHz' | 'maxSampleRateHz' | 'analyzeWaitMs'>;
  readonly facts: ApiFacts;
  /** Replaced before every event of a subscription, which would otherwise show the first event's objects for ever. */
  loaders: Loaders;
  /** Turns a path of this server into a short-lived link that needs no header (for `<audio>` and downloads). */
  readonly signPath: (path: string, range?: string | null) => string;
  /** Fires when the client has left. */
  readonly signal: AbortSignal;
}

/** What the edge knows of one call. */
export interface CallFacts {
  readonly principal: Principal;
  readonly signPath: (path: string, range?: string | null) => string;
  readonly signal: AbortSignal;
}

/** The function that the HTTP edge calls once a request (and once a WebSocket operation). */
export function contextFactory(options: Pick<RequestContext, 'services' | 'settings' | 'facts'>): (call: CallFacts) => RequestContext {
  return (call) => ({ ...options, ...call, loaders: createLoaders(options.services, call.principal) });
}
