import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';

/** Licences that the user of this installation has accepted, with the time: `<modelsDir>/licenses.json`. */
export interface AcceptedLicense {
  readonly license: string;
  readonly url: string;
  readonly acceptedAt: string;
}

export async function acceptedLicenses(modelsDir: string): Promise<readonly AcceptedLicense[]> {
  return readFile(join(modelsDir, 'licenses.json'), 'utf8').then((text) => JSON.parse(text) as AcceptedLicense[], () => []);
}

/** Once accepted it is not asked again. Throws LICENSE_NOT_ACCEPTED when it was not and `accept` is false. */
export async function requireLicense(modelsDir: string, license: { readonly license: string; readonly licenseUrl: string }, accept: boolean): Promise<AcceptedLicense> {
  const accepted = await acceptedLicenses(modelsDir);
  const earlier = accepted.find((entry) => entry.license === license.license);
  if (earlier !== undefined) return earlier;
  if (!accept) {
    throw new UndertoneError('LICENSE_NOT_ACCEPTED', `The model is published under ${license.license} (${license.licenseUrl}): use and sharing with attribution, the model's name kept. Accept it once with --accept-license.`);
  }
  const entry = { license: license.license, url: license.licenseUrl, acceptedAt: new Date().toISOString() };
  await mkdir(modelsDir, { recursive: true });
  const path = join(modelsDir, 'licenses.json');
  await writeFile(`${path}.new`, `${JSON.stringify([...accepted, entry], null, 2)}\n`, { flush: true });
  await rename(`${path}.new`, path);
  return entry;
}
