/** Object types are classes for their decorators' sake alone; what resolvers return are plain objects of that shape. */
export type Plain<T> = T extends Date ? Date : T extends readonly (infer Item)[] ? readonly Plain<Item>[] : T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
