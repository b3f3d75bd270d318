import { UndertoneError } from '../domain/errors.js';

/** Why a plugin is refused, for programs; the message says it to people. */
export type PluginFault =
  | 'not-found' | 'no-factory' | 'settings' | 'name' | 'duplicate' | 'api-version' | 'dependency-missing' | 'dependency-version' | 'dependency-circle'
  | 'register' | 'late-addition' | 'addition' | 'schema' | 'plugins-file';

/** PLUGIN_INVALID with the plugin's name and the kind of fault. */
export function invalidPlugin(plugin: string, fault: PluginFault, reason: string, cause?: unknown): UndertoneError {
  return new UndertoneError('PLUGIN_INVALID', `The plugin ${plugin} ${reason}.`, { plugin, fault }, { cause });
}
