"""What operator and issuer share as services over HTTP (needs the extra `api`).

`manners`    bodies, answers and problems on FastAPI
`observing`  ids, log and figures of requests
`limiting`   how often a client may ask
`html`       pages: two languages, templates, forms, headers
`pages`      the description of an API as a page
`listening`  sockets, and the process that answers at them
"""
