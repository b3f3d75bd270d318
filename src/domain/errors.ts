/**
 * The one error table. Every failure that a caller may see has a row here; `docs/errors.md` lists exactly these codes
 * and a test holds the two together. A message says what was got, what is allowed and what to do, and never carries
 * contents of recordings or values of settings.
 */
export interface ErrorRow {
  /** HTTP status where the code answers a plain HTTP route. */
  readonly httpStatus: number;
  /** True when the same request may succeed later without change. */
  readonly retryable: boolean;
  /** What it means and what the caller does about it (for docs/errors.md). */
  readonly meaning: string;
}

export const ERRORS = {
  // callers
  BAD_INPUT: { httpStatus: 400, retryable: false, meaning: 'A value of the request is missing or outside what is allowed; the message names it.' },
  UNAUTHENTICATED: { httpStatus: 401, retryable: false, meaning: 'No API key was sent, or it is unknown, expired, revoked or not for use from this address. Send `Authorization: Bearer KEY`.' },
  FORBIDDEN: { httpStatus: 403, retryable: false, meaning: 'The key is valid but its role or scopes do not allow this. Use a key with the scope or role that the message names.' },
  ISSUER_UNAVAILABLE: { httpStatus: 503, retryable: true, meaning: 'The keys of the OpenID Connect issuer (UNDERTONE_OIDC_ISSUER) cannot be read just now, so a token could not be checked. Try again, or use an API key.' },
  DOCUMENT_NOT_TRUSTED: { httpStatus: 400, retryable: false, meaning: 'The server runs only the documents of UNDERTONE_TRUSTED_DOCUMENTS, and this is none of them. Send one of those, by its text or by its SHA-256.' },
  CSRF_REFUSED: { httpStatus: 400, retryable: false, meaning: 'A multipart request came without the header `apollo-require-preflight` or `x-apollo-operation-name`, or a request with the cookie of a session without its `X-CSRF-Token`.' },
  NOT_FOUND: { httpStatus: 404, retryable: false, meaning: 'No such object, or it belongs to another workspace: the two look the same on purpose.' },
  CONFLICT: { httpStatus: 409, retryable: false, meaning: 'The object is in a state that does not allow this (for example cancelling a finished analysis).' },
  IDEMPOTENCY_KEY_REUSED: { httpStatus: 409, retryable: false, meaning: 'The idempotency key was used before with other arguments. Use a fresh key for a new request.' },
  LEGAL_HOLD: { httpStatus: 409, retryable: false, meaning: 'The recording is under a legal hold, which nothing overrides. Release the hold first, with a reason.' },
  CONFIRMATION_NEEDED: { httpStatus: 409, retryable: false, meaning: 'The change would delete data, or what it would do is not what was shown. Look at the preview and repeat it with its `confirmation`.' },
  PAGE_TOO_LARGE: { httpStatus: 400, retryable: false, meaning: '`first` exceeds the largest page. Ask for fewer and follow `pageInfo.endCursor`.' },
  BAD_CURSOR: { httpStatus: 400, retryable: false, meaning: '`after` is not a cursor of this list. Start again without it.' },
  QUERY_TOO_COMPLEX: { httpStatus: 400, retryable: false, meaning: 'The query is deeper, wider or costlier than allowed; the message gives the measure and the limit.' },
  LAW_PROHIBITED: { httpStatus: 403, retryable: false, meaning: 'A law that holds for the workspace forbids to judge these voices for its purpose; `article` names it. See docs/responsible-use.md for what can be done.' },
  SUBJECT_OPTED_OUT: { httpStatus: 403, retryable: false, meaning: 'The recording is of a subject that has opted out of being judged (`optOuts`). Leave it, or withdraw the opt-out when the subject has agreed again.' },
  RATE_LIMITED: { httpStatus: 429, retryable: true, meaning: 'Too many requests; retry after `retryAfterMs`.' },
  // uploads
  UPLOAD_TOO_LARGE: { httpStatus: 413, retryable: false, meaning: 'The file exceeds the upload limit (UNDERTONE_MAX_UPLOAD_BYTES).' },
  UPLOAD_EMPTY: { httpStatus: 400, retryable: false, meaning: 'The file has no bytes.' },
  UPLOAD_ABORTED: { httpStatus: 400, retryable: true, meaning: 'The connection ended before the whole file had come, or it came slower than the minimum rate. Send it again.' },
  UPLOAD_DIGEST_MISMATCH: { httpStatus: 422, retryable: true, meaning: 'The bytes received do not have the SHA-256 that the request announced. Send it again.' },
  QUOTA_EXCEEDED: { httpStatus: 507, retryable: false, meaning: 'The workspace would store more than it may; the message says how much. Delete or archive recordings, or raise the quota with `undertone workspaces set`.' },
  STORAGE_FULL: { httpStatus: 507, retryable: true, meaning: 'Free disk space is under the floor, or the bucket takes nothing more. Free space, move UNDERTONE_DATA_DIR, or raise the quota of the bucket.' },
  STORAGE_FAILED: { httpStatus: 503, retryable: true, meaning: 'The blob storage could not be read or written (read-only or failing disk; a bucket that is away or refuses). See the log.' },
  BLOB_MISSING: { httpStatus: 410, retryable: false, meaning: 'The stored bytes of this recording are gone (archived or removed).' },
  BLOB_CORRUPT: { httpStatus: 500, retryable: false, meaning: 'Stored bytes are not what was written (changed, cut or of another key): they fail their authentication. Restore them from an archive or a backup.' },
  ARCHIVE_INVALID: { httpStatus: 422, retryable: false, meaning: 'The archive is not whole, not signed by this workspace, or not what its manifest says; the message names what differs.' },
  ERASED: { httpStatus: 410, retryable: false, meaning: 'The data key was destroyed by an erasure or a deletion; nothing can bring the bytes back.' },
  // audio
  NOT_AUDIO: { httpStatus: 422, retryable: false, meaning: 'The content is not a supported audio or video container, whatever its name says.' },
  NO_AUDIO_STREAM: { httpStatus: 422, retryable: false, meaning: 'The container is readable but has no audio stream.' },
  AUDIO_CORRUPT: { httpStatus: 422, retryable: false, meaning: 'The audio broke off or could not be decoded to any samples.' },
  AUDIO_TOO_SHORT: { httpStatus: 422, retryable: false, meaning: 'Fewer samples than the model needs (400 at 16 kHz for Emotion2Vec+).' },
  AUDIO_TOO_LONG: { httpStatus: 422, retryable: false, meaning: 'Longer than UNDERTONE_MAX_AUDIO_SECONDS. Cut it, or raise the setting.' },
  AUDIO_LIMIT_EXCEEDED: { httpStatus: 422, retryable: false, meaning: 'Decoding took more time, memory or output than is allowed: usually a file whose header lies.' },
  DECODE_INTERRUPTED: { httpStatus: 503, retryable: true, meaning: 'The decoder was ended from outside in mid-work (out of memory, mostly). The recording is not at fault; it is tried three times, and can be tried again from the dead letters.' },
  FFMPEG_MISSING: { httpStatus: 503, retryable: false, meaning: 'ffmpeg is not installed. Run `undertone doctor` for the command that installs it.' },
  DECODER_UNCONFINED: { httpStatus: 503, retryable: false, meaning: 'UNDERTONE_DECODER_CONFINEMENT asks for more than this machine offers. Install bubblewrap, allow user namespaces, or set it to `auto`.' },
  // models
  MODEL_UNKNOWN: { httpStatus: 422, retryable: false, meaning: 'No model of this id is installed; the message lists those that are.' },
  MODEL_INVALID: { httpStatus: 422, retryable: false, meaning: 'The model folder or its manifest is not valid; the message lists what differs.' },
  MODEL_LOAD_FAILED: { httpStatus: 503, retryable: true, meaning: 'The model host could not load the model. See `undertone doctor` and the log.' },
  CHECKPOINT_INVALID: { httpStatus: 422, retryable: false, meaning: 'The file is not a usable Emotion2Vec+ checkpoint; the message lists missing, extra and misshapen tensors.' },
  TOKENS_INVALID: { httpStatus: 422, retryable: false, meaning: '`tokens.txt` does not fit the checkpoint: one label a line, as many as the head has rows.' },
  LICENSE_NOT_ACCEPTED: { httpStatus: 403, retryable: false, meaning: 'The model has a licence that must be accepted once: pass `--accept-license`.' },
  MODEL_DOWNLOAD_FAILED: { httpStatus: 502, retryable: true, meaning: 'The download broke off, was refused or did not have the published digest. Run the command again: it resumes.' },
  INFERENCE_OVERLOADED: { httpStatus: 503, retryable: true, meaning: 'The inference queue is full; retry after `retryAfterMs`.' },
  INFERENCE_TIMEOUT: { httpStatus: 504, retryable: true, meaning: 'The model did not answer within its deadline; its host was restarted.' },
  INFERENCE_CRASHED: { httpStatus: 503, retryable: true, meaning: 'The model host ended in mid-work and the retries were used up.' },
  TRANSCRIBER_FAILED: { httpStatus: 502, retryable: true, meaning: 'The transcriber could not be reached, refused, took too long or answered something unusable; the analysis goes on without words. The message says what to check.' },
  EMBEDDINGS_INCOMPARABLE: { httpStatus: 422, retryable: false, meaning: 'The two embeddings come from different models (or kinds); a distance between them means nothing.' },
  // work
  ANALYSIS_CANCELLED: { httpStatus: 409, retryable: false, meaning: 'The analysis was cancelled before it finished.' },
  ANALYSIS_WAIT_TIMEOUT: { httpStatus: 504, retryable: true, meaning: '`analyze` waited its longest; the analysis goes on. Follow it by its id.' },
  JOB_LOST: { httpStatus: 503, retryable: true, meaning: 'The process that worked on a job ended in the middle each time, until its deliveries were used up. It is among the dead letters: look at the workers, then retry it.' },
  SHUTTING_DOWN: { httpStatus: 503, retryable: true, meaning: 'The server is stopping. Retry against another node or in a moment.' },
  NOTICE_REFUSED: { httpStatus: 502, retryable: false, meaning: 'A mail server or chat refused a notice for good, or it failed on all its tries. Mend the settings of the notifier, then retry the dead letter.' },
  // operators
  CONFIG_INVALID: { httpStatus: 500, retryable: false, meaning: 'A setting is unknown or outside what is allowed; the message names the setting, never its value.' },
  DATA_DIR_LOCKED: { httpStatus: 503, retryable: true, meaning: 'Another process uses this data folder. Stop it, use its API, or choose another UNDERTONE_DATA_DIR.' },
  ENCRYPTION_KEY_MISSING: { httpStatus: 500, retryable: false, meaning: 'The key that stored data is encrypted under is not configured. Put UNDERTONE_KEY_FILE or UNDERTONE_WORKSPACE_KEY back to what it was.' },
  DATABASE_UNAVAILABLE: { httpStatus: 503, retryable: true, meaning: 'The database cannot be reached or refused the connection.' },
  MIGRATION_FAILED: { httpStatus: 500, retryable: false, meaning: 'A migration failed or an applied one was changed; nothing after it was applied.' },
  INSECURE_LISTEN: { httpStatus: 500, retryable: false, meaning: 'Refused to listen beyond loopback without an API key, or without TLS and no word that a proxy does it.' },
  PLUGIN_INVALID: { httpStatus: 500, retryable: false, meaning: 'A plugin is missing, doubly named, of another API version or collides with the schema.' },
  INTERNAL: { httpStatus: 500, retryable: true, meaning: 'A fault of Undertone. The message carries a reference that is also in the log.' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Numbers and names that go with a failure, so that a client need not parse the message. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** The only error that may reach a caller as it is; anything else becomes INTERNAL at the edge. */
export class UndertoneError extends Error {
  override readonly name = 'UndertoneError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
  get httpStatus(): number {
    return ERRORS[this.code].httpStatus;
  }
}

/** Something named by an id that a caller gave: the same words whether it is another workspace's or nobody's. */
export function notFound(what: string, id: string): UndertoneError {
  const shown = id.slice(0, 64);
  return new UndertoneError('NOT_FOUND', `There is no ${what} ${shown}.`, { id: shown });
}

/** Narrows, so that `catch (e)` can tell an expected failure from a fault. */
export function isUndertoneError(error: unknown): error is UndertoneError {
  return error instanceof UndertoneError;
}
