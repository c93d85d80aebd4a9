"""What wallets and operators say to each other over HTTP: the models, and the typed client.

`operator_link`  what a wallet asks of an operator, as a Protocol
`http_client`    the same over HTTP (needs the extra `api`)
`addresses`      where an operator is
`models`         bodies that are no signed objects
`problems`       errors on the way: what an operator answers, and what its client raises again

Almost all bodies are the signed objects of `shuangli.messages`, byte for byte: who asks is proven by what is
asked. See `docs/reference/api.md`.
"""
