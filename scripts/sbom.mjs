// The bill of materials as CycloneDX 1.6 JSON, from package-lock.json alone: `node scripts/sbom.mjs > undertone.cdx.json`.
// The same lock gives the same bytes.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ROOT } from './setup-run.mjs';

/** What the lock leaves out for packages with the old form of the field: read from the package itself. */
function licenseOf(path, locked) {
  if (locked.license !== undefined) return locked.license;
  const manifest = join(ROOT, path, 'package.json');
  if (!existsSync(manifest)) return null;
  const { license, licenses } = JSON.parse(readFileSync(manifest, 'utf8'));
  return license ?? licenses?.map(({ type }) => type).join(' OR ') ?? null;
}

const nameOf = (path, locked) => locked.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

function purlOf(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** Packages of the lock, each path once: [{path, name, version, license, isDev, isOptional, hasInstallScript, integrity}]. */
export function lockedPackages(lock) {
  return Object.entries(lock.packages).filter(([path]) => path !== '').map(([path, locked]) => ({
    path, name: nameOf(path, locked), version: locked.version, license: licenseOf(path, locked), isDev: locked.dev === true, isOptional: locked.optional === true || locked.devOptional === true,
    hasInstallScript: locked.hasInstallScript === true, integrity: locked.integrity ?? null,
  }));
}

/** Where Node would find `name` from `path`: the nearest folder upwards. */
function resolvedFrom(path, name, packages) {
  for (let folder = path; ; folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : '') {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (folder === '') return null;
  }
}

export function sbomOf(lock) {
  const refOf = (path) => (path === '' ? `pkg:npm/${lock.name}@${lock.version}` : `${purlOf(nameOf(path, lock.packages[path]), lock.packages[path].version)}#${path}`);
  const components = lockedPackages(lock).map(({ path, name, version, license, isDev, isOptional, integrity }) => ({
    type: 'library', 'bom-ref': refOf(path), name, version, purl: purlOf(name, version), scope: isDev ? 'excluded' : isOptional ? 'optional' : 'required',
    ...(license === null ? {} : { licenses: [{ expression: license.replace(/ and /g, ' AND ') }] }),
    ...(integrity?.startsWith('sha512-') ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }] } : {}),
  }));
  const dependencies = Object.entries(lock.packages).map(([path, { dependencies = {}, optionalDependencies = {}, devDependencies = {} }]) => ({
    ref: refOf(path),
    dependsOn: [...new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies }).map((name) => resolvedFrom(path, name, lock.packages)).filter((found) => found !== null).map(refOf))].sort(),
  }));
  const root = { type: 'application', 'bom-ref': refOf(''), name: lock.name, version: lock.version, licenses: [{ expression: lock.packages[''].license }] };
  return { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component: root }, components, dependencies };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(sbomOf(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))), null, 2)}\n`);
}
