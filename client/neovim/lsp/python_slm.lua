---@brief The language server of python-slm, for vim.lsp.enable('python_slm').
---@type vim.lsp.Config
return {
  cmd = { 'slm', 'lsp' },
  filetypes = { 'python' },
  root_markers = { 'pyproject.toml', 'setup.py', 'setup.cfg', '.git' },
}
