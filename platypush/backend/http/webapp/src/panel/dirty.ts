/** Fields that people have typed into: what is in them would be lost by a reload. */
const touched = new Map<HTMLElement, string>();

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function valueOf(field: Field): string {
  return field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type) ? String(field.checked) : field.value;
}

function isField(target: EventTarget | null): target is Field {
  return (
    (target instanceof HTMLInputElement && !["search", "range", "button", "submit", "hidden"].includes(target.type)) ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  );
}

/** Remembers what is in a field when it is entered. Gives what ends that. */
export function watchForms(page: Document = document): () => void {
  const entered = ({ target }: Event) => {
    if (isField(target) && !touched.has(target)) {
      touched.set(target, valueOf(target));
    }
  };
  page.addEventListener("focusin", entered);
  return () => {
    page.removeEventListener("focusin", entered);
    touched.clear();
  };
}

/** Whether something was typed that is still there. */
export function isDirty(): boolean {
  for (const [field, before] of touched) {
    if (!field.isConnected) {
      touched.delete(field);
    } else if (valueOf(field as Field) !== before) {
      return true;
    }
  }
  return false;
}
