/** A stand-in for an interface that has only some of its methods; a call of any other is a failure of the test. */
export function only<T extends object>(methods: Partial<T>): T {
  return new Proxy(methods, {
    get(target, name) {
      // A promise that is resolved with this asks for `then`.
      if (name in target || name === "then") return Reflect.get(target, name);
      throw new Error(`the test did not expect ${String(name)} to be used`);
    },
  }) as T;
}
