const STORAGE_KEY = 'undertone.key';

/**
 * The API key lives in this tab's session storage only: it is gone when the tab closes and never part of an address.
 * Storage may be refused (private windows of some browsers); then the key is held in memory until a reload.
 */
let memory: string | null = null;

export function storedKey(): string | null {
  try {
    return sessionStorage.getItem(STORAGE_KEY) ?? memory;
  } catch {
    return memory;
  }
}

export function storeKey(key: string | null): void {
  memory = key;
  try {
    if (key === null) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, key);
  } catch {
    // The copy in memory serves until the page is reloaded.
  }
}
