/** Items of which the first can be taken, by an order that stays the same while they are in here. */
export type Heap<T> = {
  readonly push: (item: T) => void;
  readonly peek: () => T | undefined;
  readonly pop: () => T | undefined;
};

/** A binary heap: adding and taking cost the logarithm of how many there are. `isBefore` must not know equals. */
export function createHeap<T>(isBefore: (one: T, other: T) => boolean): Heap<T> {
  // The children of the item at `index` stand at `2 * index + 1` and `2 * index + 2`, and never come before it.
  const items: T[] = [];

  function push(item: T): void {
    let index = items.push(item) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above] as T;
      if (!isBefore(item, parent)) break;
      items[index] = parent;
      index = above;
    }
    items[index] = item;
  }

  function pop(): T | undefined {
    const first = items[0];
    const last = items.pop();
    if (items.length > 0) sink(last as T);
    return first;
  }

  /** Finds the place of an item that would stand first. */
  function sink(item: T): void {
    let index = 0;
    for (let child = firstChild(0); child < items.length; child = firstChild(index)) {
      if (!isBefore(items[child] as T, item)) break;
      items[index] = items[child] as T;
      index = child;
    }
    items[index] = item;
  }

  function firstChild(index: number): number {
    const [left, right] = [2 * index + 1, 2 * index + 2];
    return right < items.length && isBefore(items[right] as T, items[left] as T) ? right : left;
  }

  return { push, peek: () => items[0], pop };
}
