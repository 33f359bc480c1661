idle-title = 您還在嗎？
idle-lead = 沒有人按，就回到首頁，為您保密。
idle-seconds = 秒後回首頁
stay-button = 我還在
