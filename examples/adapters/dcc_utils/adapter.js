// dcc-utils (npm), the library of the Italian ministry of health, as hcert assess runs it: one case a line, one verdict a line.
// It decodes a code and checks its signature with a certificate. It cannot apply revocations, so they are not applied.

const readline = require("readline");
const cbor = require("cbor");
const { DCC } = require("dcc-utils");

const OTHER_FORMATS = [5, -6, -1405]; // health links, the ICVP, the citizen record

function pem(base64) {
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g).join("\n")}\n-----END CERTIFICATE-----\n`;
}

function isOfAnotherFormat(dcc) {
  const payloads = cbor.decodeFirstSync(cbor.decodeFirstSync(dcc._coseRaw).value[2]).get(-260);
  return OTHER_FORMATS.some((number) => payloads.has(number));
}

async function judge(item) {
  if (!item.trust.keys || (item.revocations || {}).list) return { unsupported: "signed lists of hcert" };
  if (item.trust.keys.some((key) => !key.certificate)) return { unsupported: "keys without a certificate" };
  let dcc;
  try {
    dcc = await DCC.fromRaw(item.text);
  } catch (error) {
    return { accepted: false };
  }
  if (dcc.payload === undefined) {
    return isOfAnotherFormat(dcc) ? { unsupported: "payloads other than the EU DCC" } : { accepted: false };
  }
  for (const key of item.trust.keys.filter((one) => one.kid === dcc.kid)) {
    try {
      if (await dcc.checkSignatureWithCertificate(pem(key.certificate))) return { accepted: true };
    } catch (error) {
      // another candidate may fit
    }
  }
  return { accepted: false };
}

const lines = readline.createInterface({ input: process.stdin, terminal: false });
let queue = Promise.resolve();
lines.on("line", (line) => {
  queue = queue.then(async () => process.stdout.write(`${JSON.stringify(await judge(JSON.parse(line)))}\n`));
});
