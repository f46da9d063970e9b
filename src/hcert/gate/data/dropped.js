// Files that are dropped on the page or chosen: pictures with codes, texts of codes, and signed lists. A folder may hold
// anything, so of its files only those are taken that look like one of these.

const MAX_FILES = 1000;
const PICTURE = /\.(png|jpe?g|webp|gif|bmp|tiff?|txt)$/i;
const LISTS = [[0x48, 0x43, 0x45, 0x52, 0x54, 0x44, 0x4f, 0x43], [0xd8, 0x62]]; // how signed lists begin

export function isPicture(file) {
  return file.type.startsWith("image/") || PICTURE.test(file.name);
}

async function isList(file) {
  const begin = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  return LISTS.some((magic) => magic.every((byte, index) => begin[index] === byte));
}

// The files of a drop: those dropped themselves, and the pictures and lists in folders, by name.
export async function droppedFiles(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file"); // empty once this function has waited
  const dropped = items.map((item) => ({ file: item.getAsFile(), entry: item.webkitGetAsEntry() }));
  const files = [];
  for (const { file, entry } of dropped) {
    if (entry?.isDirectory) await readFolder(entry, files);
    else if (file) files.push(file);
  }
  return files;
}

async function readFolder(folder, files) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) { // a reader gives a hundred entries at a time
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    entries.push(...some);
  }
  for (const entry of entries.sort((one, other) => one.name.localeCompare(other.name))) {
    if (files.length >= MAX_FILES) return;
    if (entry.isDirectory) {
      await readFolder(entry, files);
    } else {
      const file = await fileOf(entry);
      if (isPicture(file) || await isList(file)) files.push(file);
    }
  }
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
