"""Keys whose private half is published, so that anybody can sign with them.

They are examples of standards and keys of prototypes, and yet they stand in key sets that are in use. A key is named by
its JWK thumbprint (RFC 7638), which is the same under any kid.
"""

from __future__ import annotations

from typing import Final

KNOWN_PRIVATE: Final = frozenset(
    map(
        bytes.fromhex,
        (
            # RFC 8392 appendix A.2.3; in the set of the European Vaccination Card as SYA25A and AsymmetricECDSA256
            "2944fa8cf52aab3e0e0bb1bf6088999843f2aa7a202ea03c89939f611f619a59",
            # be6b28b8-f5a4-4543-a80a-bc764c619feb of the same set; private half in TestUi.java of cerbeor/ips-to-clvr
            "39ae40f219fbec1c1e7c6b350a5c57bafa862fbe0aa2c66bb04b635f2d26451f",
            # 33, Ed25519; private half in EUVABECO/EVC-generator
            "fbcbe101e5460e10d7cb34fa61dec516b04aef23aa34f019c9eb194e6a5508de",
            # RFC 7515 appendix A.3
            "a0a232c2f194a53553cb1310ddbc0821e414b9d7ebfc290b323084d7d1020fe5",
            # RFC 7517 appendix A.2
            "727f88fd634c0a57a1895a79d62ff4569384356d6ea447ab03cb046a6e619feb",
            # "11" of the COSE working group's examples, RFC 9052 appendix C
            "c4d9df3854cc8194913372ad18742a6af646586174d057b9e0b641602231afcf",
        ),
    )
)
