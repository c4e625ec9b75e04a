---@brief
---
--- Stockade finds what is insecure in Terraform and OpenTofu while you type, and fixes it.
--- It runs beside `terraformls` or `tofu_ls`: they complete and format, Stockade checks.
---
--- Put this file into `~/.config/nvim/lsp/`, put `stockade` on your PATH, and write in init.lua:
---
--- ```lua
--- vim.filetype.add({ extension = { tf = 'terraform', tofu = 'terraform' } })
--- vim.lsp.enable('stockade')
--- ```

---@type vim.lsp.Config
return {
  cmd = { 'stockade', 'lsp' },
  filetypes = { 'terraform', 'terraform-vars', 'opentofu', 'opentofu-vars' },
  root_markers = { 'stockade.toml', '.git' },
}
