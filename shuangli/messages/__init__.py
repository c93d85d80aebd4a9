"""The wire objects, one module per occasion; every one is a value that is checked when it is built.

`certificates`  who may do what: operators, wallets, epochs and their terms, the centre; all as `claims`
`key_set`       all that the root has certified, under one signature
`enrolment`     how a key becomes a wallet of an operator
`loads`         load orders and loads: where value comes from
`conditions`    what value may be spent on, and by whom it may be taken
`transfers`     transfers and coin ids: how value moves
`bundle`        loads and transfers that prove some coins
`hand_in`       a bundle with refusals: what a wallet says at a reconciliation
`session`       request, receipt and refusal: one payment between two devices
`notices`       acknowledgement, revocation list, report: what is said online
`returns`       watermark and returned: when unclaimed value goes back, and that it has
`events`        the entries of an audit log: what has happened, naming nobody; its kinds are in `event_kinds`,
                what each tells in `event_shapes`, how that is checked in `event_facts`
`audit`         what is signed of an audit log, and how an answer names its entry
`cosignature`   what a witness signs of an audit log
`period_report` the figures of a period, and the entries that they follow from
`fields`        what all share: how fields are read and checked

Each signed value has `sign(...)`, which makes it, and `parse(data)`, which reads its one legal form
and says nothing yet about its signature. `signed.data` is the bytes, `signed.id` the identity.
"""
