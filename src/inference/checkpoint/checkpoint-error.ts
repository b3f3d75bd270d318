import { UndertoneError, type ErrorDetails } from '../../domain/errors.js';

const ADVICE = 'Undertone reads the `model.pt` that emotion2vec publishes: a zip written by torch.save, with the weights under `model`, `state_dict` or `model_state_dict`. Download it again, or load and save it once with torch.save(torch.load(FILE), FILE).';

/** CHECKPOINT_INVALID: what was found, then what to do. */
export function checkpointError(found: string, options: { details?: ErrorDetails; cause?: unknown; advice?: string } = {}): UndertoneError {
  return new UndertoneError('CHECKPOINT_INVALID', `The checkpoint cannot be used: ${found}. ${options.advice ?? ADVICE}`, options.details ?? {}, { cause: options.cause });
}
