import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { link, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatMasterKey, newMasterKey, parseMasterKey, type Keyring, type MasterKey } from '../domain/envelope.js';
import { UndertoneError } from '../domain/errors.js';
import { makeDirDurable, PRIVATE_FILE, publish } from './durable-file.js';
import { onDisk } from './storage-errors.js';

export interface KeyringOptions {
  /** UNDERTONE_WORKSPACE_KEY. */
  readonly setting: string | null;
  /** UNDERTONE_KEY_FILE. */
  readonly file: string | null;
  readonly dataDir: string;
}

export interface OpenKeyring extends Keyring {
  /** Null when the keys come from the setting. */
  readonly path: string | null;
  readonly keyCount: number;
  /** The key file was made in this start. */
  readonly isNew: boolean;
  /** Puts a fresh key before the others, in the file. CONFLICT when the keys come from the setting. */
  addKey(): Promise<MasterKey>;
}

const NOTICE = `# The key that Undertone encrypts stored recordings and archives with. Whoever has this file and the storage can read them.
# KEEP A COPY IN A SAFE PLACE, apart from the backups of the data. If this file is lost, every recording, frame track and
# archive is lost with it: nobody, the makers of Undertone included, can bring them back. Without a copy it is not a backup.
# The first key encrypts what is new; the others read what is old. \`undertone keys rotate-encryption\` adds one.
`;

export function keyFilePath({ file, dataDir }: Pick<KeyringOptions, 'file' | 'dataDir'>): string {
  return file ?? join(dataDir, 'encryption.key');
}

/**
 * The keys of this installation. Makes the default file when there is none and `mayCreate` says that nothing stored needs
 * an older one. ENCRYPTION_KEY_MISSING otherwise; CONFIG_INVALID for keys that are none or a file that others can read.
 */
export async function openKeyring(options: KeyringOptions, mayCreate: () => Promise<boolean>): Promise<OpenKeyring> {
  if (options.setting !== null) {
    const keys = parseKeys(options.setting.split(','), 'UNDERTONE_WORKSPACE_KEY');
    return ringOf(() => keys, null, false);
  }
  const path = keyFilePath(options);
  let isNew = false;
  if (!existsSync(path)) {
    if (options.file !== null) throw new UndertoneError('ENCRYPTION_KEY_MISSING', 'UNDERTONE_KEY_FILE names a file that is not there. Put the file back, or make a first one with `undertone keys new-encryption-key`.');
    if (!(await mayCreate())) {
      throw new UndertoneError('ENCRYPTION_KEY_MISSING', `The database holds data that is encrypted under a key, and there is no key at ${path}. Put that file back (every node needs the same), or set UNDERTONE_KEY_FILE or UNDERTONE_WORKSPACE_KEY.`);
    }
    isNew = await createKeyFile(path);
  }
  let read = readKeyFile(path);
  return ringOf((fresh) => (fresh ? (read = readKeyFile(path)) : read), path, isNew);
}

function ringOf(keys: (fresh: boolean) => readonly MasterKey[], path: string | null, isNew: boolean): OpenKeyring {
  const find = (id: string, fresh: boolean): MasterKey | undefined => keys(fresh).find((key) => key.id === id);
  return {
    path,
    isNew,
    get keyCount() {
      return keys(false).length;
    },
    current: () => keys(false)[0]!,
    // A rotation beside this process has added a key: the file is read again before anything is called missing.
    find: (id) => find(id, false) ?? find(id, true),
    async addKey() {
      if (path === null) throw new UndertoneError('CONFLICT', 'The keys come from UNDERTONE_WORKSPACE_KEY. Put a new one before the others there, separated by a comma (`undertone keys new-encryption-key` makes one), restart, and run this again.');
      const added = newMasterKey();
      const temporary = `${path}.${randomBytes(6).toString('hex')}`;
      await onDisk(async () => {
        await writeFile(temporary, fileText([added, ...keys(true)]), { mode: PRIVATE_FILE, flag: 'wx' });
        await publish(temporary, path);
      });
      keys(true);
      return added;
    },
  };
}

function fileText(keys: readonly MasterKey[]): string {
  return `${NOTICE}${keys.map((key) => `${formatMasterKey(key)}\n`).join('')}`;
}

/** False when another process made it first. */
async function createKeyFile(path: string): Promise<boolean> {
  await onDisk(() => makeDirDurable(dirname(path)));
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await onDisk(() => writeFile(temporary, fileText([newMasterKey()]), { mode: PRIVATE_FILE, flag: 'wx', flush: true }));
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

function readKeyFile(path: string): readonly MasterKey[] {
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new UndertoneError('CONFIG_INVALID', `The key file can be read by other users of this machine. Run \`chmod 600\` on ${path}, and think about a rotation.`);
  }
  const lines = readFileSync(path, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return parseKeys(lines, 'The key file');
}

function parseKeys(texts: readonly string[], where: string): readonly MasterKey[] {
  const keys = texts.map((text) => parseMasterKey(text.trim()));
  if (keys.length === 0 || keys.includes(null)) throw new UndertoneError('CONFIG_INVALID', `${where} must hold keys of the form utk_ and 43 characters; \`undertone keys new-encryption-key\` makes one.`);
  return keys as readonly MasterKey[];
}
