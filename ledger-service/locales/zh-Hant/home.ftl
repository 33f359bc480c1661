# The start page
home-title = 志願者的積分
home-lead = 做志願服務，存下服務時長和積分。積分可以在驛站兌換物品和服務。
home-points-button = 看我的積分
home-points-note = 用積分卡號和密碼登入。
home-verify-button = 驗證回執
home-verify-note = 看一張回執是不是真的，誰都可以查，不用登入。
home-help = 不會用手機？帶上積分卡，到任何一個驛站，工作人員幫您查。
staff-link = 工作人員：匯入資料
api-link = 程式介面說明
