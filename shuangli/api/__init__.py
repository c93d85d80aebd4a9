"""What wallets and operators say to each other over HTTP: the models, and the typed client.

`operator_link`  what a wallet asks of an operator, as a Protocol
`http_client`    the same over HTTP, and all else that a wallet may ask (needs the extra `api`)
`program_client` what programs with a token may ask
`signing`        requests signed with a wallet's key (RFC 9421)
`addresses`      where an operator is
`models`         bodies in CBOR that are no signed objects
`asked`, `told`  bodies in JSON, of what `bodies` has; `told_service` about access and the service
`problems`       errors on the way: what an operator answers, and what its client raises again

Offline value travels as the signed objects of `shuangli.messages`, byte for byte: who asks is proven by what
is asked. All else is JSON. See `docs/reference/api.md`.
"""
