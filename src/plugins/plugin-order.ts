import { nearestName } from '../domain/nearest-name.js';
import { PLUGIN_API_VERSION, type UndertonePlugin } from './contract.js';
import { invalidPlugin } from './plugin-error.js';

/** Dependencies first, otherwise in the order given. Every fault is PLUGIN_INVALID with the plugin's name. */
export function orderByDependency(plugins: readonly UndertonePlugin[]): readonly UndertonePlugin[] {
  const byName = new Map<string, UndertonePlugin>();
  for (const plugin of plugins) {
    if (typeof plugin.name !== 'string' || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(plugin.name)) throw invalidPlugin(typeof plugin.name === 'string' ? plugin.name : 'without a name', 'name', 'has a name that is not kebab-case');
    if (plugin.apiVersion !== PLUGIN_API_VERSION) throw invalidPlugin(plugin.name, 'api-version', `is written for plugin API ${plugin.apiVersion}; this Undertone has ${PLUGIN_API_VERSION}`);
    if (byName.has(plugin.name)) throw invalidPlugin(plugin.name, 'duplicate', 'is named twice');
    byName.set(plugin.name, plugin);
  }
  const ordered: UndertonePlugin[] = [];
  const visit = (plugin: UndertonePlugin, path: readonly string[]): void => {
    if (ordered.includes(plugin)) return;
    if (path.includes(plugin.name)) throw invalidPlugin(plugin.name, 'dependency-circle', `depends on itself through ${[...path, plugin.name].join(' → ')}`);
    for (const dependency of plugin.dependsOn ?? []) visit(needed(plugin, dependency, byName), [...path, plugin.name]);
    ordered.push(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return ordered;
}

function needed(plugin: UndertonePlugin, dependency: string, byName: ReadonlyMap<string, UndertonePlugin>): UndertonePlugin {
  const [name = '', major] = dependency.split('@');
  const found = byName.get(name);
  if (found === undefined) {
    const near = nearestName(name, [...byName.keys()].filter((other) => other !== plugin.name));
    throw invalidPlugin(plugin.name, 'dependency-missing', `needs the plugin ${name}, which is not configured${near === null ? '' : ` (${near} is)`}`);
  }
  if (major !== undefined && found.version?.split('.')[0] !== major) {
    throw invalidPlugin(plugin.name, 'dependency-version', `needs version ${major} of the plugin ${name}; ${found.version === undefined ? 'it states none' : `${found.version} is there`}`);
  }
  return found;
}
