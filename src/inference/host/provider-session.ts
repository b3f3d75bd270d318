import { existsSync, readdirSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import type { Provider } from '../../domain/model.js';
import type { SessionSettings } from '../host-protocol.js';
import { firstLine } from './first-line.js';

export interface ProviderSession {
  readonly session: ort.InferenceSession;
  readonly provider: Provider;
  /** Why a provider that was wanted, or seen, is not the one in use. */
  readonly providerFallback: string | null;
}

/**
 * Opens the graph (a file, or its bytes) on the wanted provider, or on the CPU with the reason told. `agrees` compares a trial answer with the
 * CPU's: a driver that computes something else is as useless as one that is not there, and far more harmful.
 */
export async function openProviderSession(
  model: string | Uint8Array,
  settings: SessionSettings,
  agrees: (candidate: ort.InferenceSession, reference: ort.InferenceSession) => Promise<string | null>,
): Promise<ProviderSession> {
  const cpu = await create(model, sessionOptions('cpu', settings));
  const reasons: string[] = [];
  for (const provider of acceleratorsToTry(settings.provider)) {
    try {
      const candidate = await create(model, sessionOptions(provider, settings));
      const difference = await agrees(candidate, cpu);
      if (difference === null) {
        await cpu.release();
        return { session: candidate, provider, providerFallback: reasons.length > 0 ? reasons.join('; ') : null };
      }
      await candidate.release();
      reasons.push(`${provider}: ${difference}`);
    } catch (error) {
      reasons.push(`${provider}: ${firstLine(error)}`);
    }
  }
  return { session: cpu, provider: 'cpu', providerFallback: reasons.length > 0 ? reasons.join('; ') : null };
}

/** The two overloads of the library take one of the two each. */
function create(model: string | Uint8Array, options: ort.InferenceSession.SessionOptions): Promise<ort.InferenceSession> {
  return typeof model === 'string' ? ort.InferenceSession.create(model, options) : ort.InferenceSession.create(model, options);
}

function sessionOptions(provider: Provider, settings: SessionSettings): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: settings.threadCount,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: settings.graphOptimization,
    // Patterns are kept for every length ever seen; clips are of all lengths.
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: {
        ...(settings.disablePrepacking ? { disable_prepacking: '1' } : {}),
        // Spinning threads cost half a core while idle and starve the API on small machines.
        intra_op: { allow_spinning: '0' },
      },
    },
  };
}

/** With `auto` only devices that the machine shows: trying a driver that is not there can take seconds, or the process. */
function acceleratorsToTry(wanted: SessionSettings['provider']): readonly Provider[] {
  if (wanted === 'cpu') return [];
  if (wanted !== 'auto') return [wanted];
  const built = ort.listSupportedBackends().map((backend) => backend.name);
  const found: Provider[] = [];
  if (built.includes('cuda') && (existsSync('/dev/nvidiactl') || existsSync('/dev/dxg'))) found.push('cuda');
  if (built.includes('webgpu') && (process.platform !== 'linux' || hasRenderNode())) found.push('webgpu');
  return found;
}

function hasRenderNode(): boolean {
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
}
