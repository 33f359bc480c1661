idle-title = 您还在吗？
idle-lead = 没有人按，就回到首页，为您保密。
idle-seconds = 秒后回首页
stay-button = 我还在
