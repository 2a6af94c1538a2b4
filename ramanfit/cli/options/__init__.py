"""The shared vocabulary: options that mean the same in every command that has them, declared once.

Some reach a command one by one (`files`, `keep_going`). Others are resolved first and reach it as one keyword:
`recipe_options` as `recipe`, `axis_options` as `axis`, `reading_options` as `reading`, `placement_options` as
`placement`, `output_options` as `output`, `echem_options` as `echem`, `evolution_options` as `drawing`; `fit_options`,
which are all options of fitting, as `request`.
"""
