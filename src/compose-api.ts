import type { GraphQLSchema } from 'graphql';
import { AUDIO_FORMATS } from './audio/decode-failure.js';
import type { Settings } from './domain/settings.js';
import { DEFAULT_HTTP_LIMITS, shownLimits } from './http/http-limits.js';
import type { CreateContext } from './http/subscriptions.js';
import type { Plugins } from './plugins/registry.js';
import { buildApiSchema } from './resolvers/build-schema.js';
import { extendWithPlugins } from './resolvers/plugin-schema.js';
import { contextFactory, type CallFacts, type DiarizationFacts } from './resolvers/request-context.js';
import type { Services } from './services/service-contracts.js';

/** The API without its edge: for the server, and for queries that are stored with webhooks. */
export interface Api {
  /** Made when it is first asked for, once. PLUGIN_INVALID where a plugin's fields collide. */
  schema(): GraphQLSchema;
  readonly createContext: CreateContext;
}

export function composeApi({ services, settings, plugins, version }: { readonly services: Services; readonly settings: Settings; readonly plugins: Plugins; readonly version: string }): Api {
  let schema: GraphQLSchema | undefined;
  const createContext = contextFactory({ services, settings, facts: { version, audioFormats: AUDIO_FORMATS, diarization: () => diarizationFacts(plugins), transcription: false, limits: shownLimits(DEFAULT_HTTP_LIMITS) } });
  return { schema: () => (schema ??= extendWithPlugins(buildApiSchema(), plugins.graphql)), createContext: (call: CallFacts) => createContext(call) };
}

function diarizationFacts({ diarizer }: Plugins): DiarizationFacts {
  return { isAvailable: diarizer?.unavailable() === null, diarizer: diarizer?.id ?? null, reason: diarizer === null ? 'No diarizer is loaded.' : diarizer.unavailable() };
}
