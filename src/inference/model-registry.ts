import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UndertoneError } from '../domain/errors.js';
import { isUndertoneError, UndertoneError as Failure } from '../domain/errors.js';
import type { ModelManifest } from '../domain/model.js';
import { GATE_KIND } from './gate-model.js';
import { parseManifest } from './model-manifest.js';

export interface InstalledModel {
  readonly manifest: ModelManifest;
  /** Absolute path of the folder that holds the manifest, the graph and its weights. */
  readonly folder: string;
}

/** A folder whose manifest is not usable; it hides no other model. */
export interface UnusableModel {
  /** The folder's name. */
  readonly id: string;
  readonly folder: string;
  /** MODEL_INVALID, with what differs. */
  readonly problem: UndertoneError;
}

export interface ModelScan {
  readonly models: readonly InstalledModel[];
  readonly unusable: readonly UnusableModel[];
}

/**
 * Reads `<folder>/<id>/manifest.json` in each of the folders; a folder that is not there is empty. Of two models with one
 * id the later folder's wins (a user's copy over the bundled one). Never throws: what is wrong stands in `unusable`.
 */
export function scanModels(modelDirs: readonly string[]): ModelScan {
  const models = new Map<string, InstalledModel>();
  const unusable: UnusableModel[] = [];
  for (const dir of modelDirs) {
    for (const name of existsSync(dir) ? readdirSync(dir).sort() : []) {
      // A model that is being installed or removed lies in a hidden folder until it is whole, or gone.
      if (name.startsWith('.')) continue;
      const folder = join(dir, name);
      const file = join(folder, 'manifest.json');
      if (!existsSync(file)) continue;
      try {
        const text = readFileSync(file, 'utf8');
        // The gate lies beside the emotion models and is none of them.
        if (text.includes(`"${GATE_KIND}"`)) continue;
        const manifest = parseManifest(text, name);
        const missing = [manifest.file, ...(manifest.weightFiles ?? [])].filter((part) => !existsSync(join(folder, part)));
        if (missing.length > 0) throw new Failure('MODEL_INVALID', `Model "${name}" lacks ${missing.join(', ')}. Install it again.`, { differences: missing });
        models.set(manifest.id, { manifest, folder });
      } catch (error) {
        unusable.push({ id: name, folder, problem: isUndertoneError(error) ? error : new Failure('MODEL_INVALID', `models/${name} cannot be read.`, {}, { cause: error }) });
      }
    }
  }
  return { models: [...models.values()], unusable };
}
